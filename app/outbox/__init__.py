"""The queue of mails to send: who causes one writes it in the same transaction; who sends them is above."""
