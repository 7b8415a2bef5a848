// Secret values on a page: shown for a while, copied, made, and hidden again by all means.
(() => {
  'use strict';
  const { $, announce, say } = window.tresor;
  const CLEAR_MS = 30000, DONE_MS = 2000, LONGER_S = 60, FORGET_MS = 600000;
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
  const meta = name => document.querySelector(`meta[name=${name}]`).content;
  const used = () => document.dispatchEvent(new CustomEvent('tresor:used'));   // a page that tells of it is told anew
  const post = (url, body, accept) => fetch(url, {
    method: 'POST', body, headers: { 'X-CSRFToken': meta('csrf-token'), 'Tresor-Person': meta('person'), Accept: accept },
  }).then(answer => (answer.ok ? answer : Promise.reject(answer)));
  const unsaid = failure => {   // why a request of this file came to nothing
    if (failure instanceof TypeError) say('unread');
    else say({ 400: 'stale', 401: 'signed-out', 403: 'gone', 404: 'gone' }[failure.status] || 'failed');
  };

  // ── what is open: its time runs down in words, once a second ──

  const open = new Map();   // what shows a value → { until, from, timer, shut }
  const words = root => root.querySelector('[data-left]') || root.parentElement.querySelector(':scope > .left [data-left]');

  const name = root => (root.querySelector('dt') || root.closest('.field').querySelector('label').firstChild).textContent.trim();

  const tick = root => {
    const { until, shut } = open.get(root);
    if (!root.isConnected || !root.classList.contains('open')) return forget(root), shut(false);
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) return hide(root, true);
    const text = words(root);
    text.textContent = text.dataset.left.replace('{n}', left);
  };
  const run = (root, seconds, shut) => {
    forget(root);
    const now = Date.now(), state = { from: now, until: seconds ? now + seconds * 1000 : Infinity, shut };
    open.set(root, state);
    if (!seconds) return;
    state.timer = setInterval(tick, 1000, root);
    tick(root);
  };
  const forget = root => {
    clearInterval(open.get(root)?.timer);
    open.delete(root);
  };
  const hide = (root, byTime = false) => {
    const state = open.get(root);
    forget(root);
    state?.shut(true);
    if (byTime) announce(`${name(root)}: ${$('word-hidden').textContent}`);
  };
  const hideAll = () => { for (const root of [...open.keys()]) hide(root); };
  const longer = root => {
    const state = open.get(root);
    state.until += LONGER_S * 1000;
    const [burning] = root.querySelector('.fuse')?.getAnimations() || [];
    burning?.effect.updateTiming({ duration: state.until - state.from });
    tick(root);
  };

  document.addEventListener('visibilitychange', () => { if (document.hidden) hideAll(); });
  addEventListener('pagehide', event => {
    hideAll();
    each('.opened, .gen-place', place => place.replaceChildren());
    if (event.persisted) each('.secret-in :is(input, textarea)', input => { input.value = ''; });
  });

  // ── a row of a secret's page ──

  const arm = row => {
    const place = row.querySelector('.opened');
    const shut = refocus => {
      const had = place.contains(document.activeElement);
      place.replaceChildren();
      row.classList.remove('open');
      if (refocus && had) row.querySelector('[id^=reveal-]').focus();
    };
    const had = document.activeElement === document.body || row.contains(document.activeElement);
    row.classList.add('open');
    run(row, Number(words(row).dataset.seconds), shut);
    if (document.hidden) return hide(row);
    if (had) place.querySelector('[data-hide]').focus({ preventScroll: true });
    announce(`${name(row)}: ${words(row).textContent}`);
  };
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target?.matches?.('.opened') && ctx.target.childElementCount) {
      arm(ctx.target.closest('.secret'));
      used();
    }
    for (const root of [...open.keys()]) if (!root.isConnected || !root.classList.contains('open')) hide(root);
  });
  each('.secret.open', arm);

  // ── a secret field of a form: reveal what is typed, or what is stored while nothing is typed ──

  const stored = new WeakMap();   // input → the stored value that it shows
  const inputOf = frame => frame.querySelector('input, textarea');
  const cover = frame => {
    const input = inputOf(frame), note = frame.parentElement.querySelector(':scope > .left');
    frame.classList.remove('open');
    frame.querySelector('[data-show]').setAttribute('aria-pressed', 'false');
    if (note) note.hidden = true;
    if (stored.has(input) && input.value === stored.get(input)) input.value = '';   // empty: keep what is stored
    stored.delete(input);
  };
  const uncover = (frame, seconds = 0) => {
    const note = frame.parentElement.querySelector(':scope > .left');
    frame.classList.add('open');
    frame.querySelector('[data-show]').setAttribute('aria-pressed', 'true');
    if (note) note.hidden = !stored.has(inputOf(frame));
    if (note && !note.hidden) note.querySelector('[data-keep-open]').hidden = !seconds;
    run(frame, seconds, () => cover(frame));
  };
  const fetchStored = async (frame, button) => {
    const input = inputOf(frame), seconds = Number(frame.dataset.seconds);
    button.setAttribute('aria-busy', 'true');
    try {
      const value = await (await post(frame.dataset.stored, null, 'text/plain')).text();
      if (input.value !== '' || document.hidden || !frame.isConnected) return;
      input.value = value;
      stored.set(input, value);
      uncover(frame, seconds);
      announce(`${name(frame)}: ${words(frame).textContent}`);
    } catch (failure) {
      unsaid(failure);
    } finally {
      button.removeAttribute('aria-busy');
    }
  };
  const toggle = button => {
    const frame = button.closest('.secret-in');
    if (open.has(frame)) return hide(frame);
    if (inputOf(frame).value === '' && frame.dataset.stored) return fetchStored(frame, button);
    return uncover(frame);
  };
  document.addEventListener('beforeinput', ({ target }) => {   // several lines are not typed blindly
    const frame = target.matches?.('textarea') && target.closest('.secret-in');
    if (frame && target.value === '' && !open.has(frame)) uncover(frame);
  });
  const coverStored = () => { for (const root of [...open.keys()]) if (root.matches('.secret-in') && stored.has(inputOf(root))) hide(root); };
  document.addEventListener('cancel', coverStored, true);   // before anybody asks whether something was typed

  // ── the generator ──

  const shutGenerator = button => {
    $(button.dataset.generate).replaceChildren();
    button.setAttribute('aria-expanded', 'false');
  };
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    const place = ctx.target;
    if (!place?.matches?.('.gen-place') || !place.childElementCount) return;
    const button = document.querySelector(`[data-generate="${place.id}"]`);
    if (button.getAttribute('aria-expanded') === 'true') return;
    button.setAttribute('aria-expanded', 'true');
    place.querySelector('[data-use]').focus();
    place.scrollIntoView({ block: 'nearest' });
  });
  document.addEventListener('change', ({ target }) => {
    if (target.closest('.gen') && target.form) target.form.requestSubmit();
  });
  const use = button => {
    const place = button.closest('.gen-place'), opener = document.querySelector(`[data-generate="${place.id}"]`);
    const frame = opener.closest('.secret-in'), input = inputOf(frame);
    if (open.has(frame)) hide(frame);
    input.value = $(button.dataset.use).textContent;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    shutGenerator(opener);
    input.focus();
  };

  // ── copying: the browser gets a promise, so that it counts as done by the click ──

  const tell = (key, what) => {
    say(key);
    const told = [...document.querySelectorAll('#toasts [data-what]')].at(-1);
    if (told) told.textContent = what;
  };
  const done = button => {
    if (button.dataset.done !== undefined || !button.querySelector('svg')) return;
    const icon = button.querySelector('svg');
    const check = $('done-icon').content.firstElementChild.cloneNode(true);
    button.dataset.done = '';
    icon.replaceWith(check);
    setTimeout(() => { check.replaceWith(icon); delete button.dataset.done; }, DONE_MS);
  };
  const copy = async (button, text, secret) => {
    if (button.getAttribute('aria-busy')) return;
    if (!navigator.clipboard) return say('insecure');
    button.setAttribute('aria-busy', 'true');
    let failed = null;
    const blob = Promise.resolve(text()).then(found => new Blob([found], { type: 'text/plain' }));
    blob.catch(failure => { failed = failure; });
    try {
      if (window.ClipboardItem) await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
      else await navigator.clipboard.writeText(await (await blob).text());
      done(button);
      tell(secret ? 'secret-copied' : 'copied', button.dataset.copied);
      if (secret) remember(); else if (copied()) remember(null);
    } catch {
      if (failed) unsaid(failed); else say('uncopied');
    } finally {
      button.removeAttribute('aria-busy');
    }
  };
  const fromServer = url => () => post(url, null, 'text/plain').then(answer => { used(); return answer.text(); });
  const copyInput = button => {
    const input = $(button.dataset.copyInput), url = button.dataset.copyStored;
    if (input.value !== '') return copy(button, () => input.value, true);
    return url ? copy(button, fromServer(url), true) : say('nothing');
  };

  // ── 30 s after a copy: what is copied is overwritten if nothing else can lie in the clipboard, else its owner is asked ──

  const KEY = 'tresor-copied';   // when, and whether the tab was left since: never what
  const copied = () => JSON.parse(sessionStorage.getItem(KEY) || 'null');
  const remember = (state = { at: Date.now(), left: false }) => {
    if (state) sessionStorage.setItem(KEY, JSON.stringify(state)); else sessionStorage.removeItem(KEY);
    each('#toasts [data-overwrite-now]', button => button.closest('.toast').remove());
    schedule();
  };
  let timer = 0;
  const schedule = () => {
    clearTimeout(timer);
    const state = copied();
    if (state) timer = setTimeout(expire, Math.max(0, state.at + CLEAR_MS - Date.now()));
  };
  const overwrite = () => navigator.clipboard.writeText('').then(() => { remember(null); say('overwritten'); });
  const expire = async () => {
    const state = copied();
    if (!state || document.hidden || !document.hasFocus()) return;   // asked again when the tab is used
    if (Date.now() - state.at > FORGET_MS) return remember(null);
    if (!state.left) {
      try { return await overwrite(); } catch { /* the browser wants to see a click */ }
    }
    if (!document.querySelector('#toasts [data-overwrite-now]')) say('remind');
    sessionStorage.removeItem(KEY);
  };
  addEventListener('blur', () => { const state = copied(); if (state) sessionStorage.setItem(KEY, JSON.stringify({ ...state, left: true })); });
  addEventListener('focus', schedule);
  for (const other of ['copy', 'cut']) document.addEventListener(other, () => { if (copied()) remember(null); });
  schedule();

  // ── fields that are asked for only with certain others: the server says which ──

  let asking = null;
  document.addEventListener('change', async ({ target }) => {
    const fields = target.closest('[data-shown-url]');
    if (!fields || !target.closest('[data-decides]')) return;
    asking?.abort();
    const mine = asking = new AbortController();
    const body = new URLSearchParams();
    each('[data-decides] [name]', input => {
      if (!input.matches('[type=radio], [type=checkbox]') || input.checked) body.append(input.name, input.value);
    }, fields);
    try {
      const answer = await fetch(fields.dataset.shownUrl, {
        method: 'POST', body, signal: mine.signal,
        headers: { 'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content, Accept: 'application/json' },
      });
      if (!answer.ok) throw answer;
      const { shown } = await answer.json();
      each('[data-field]', field => field.classList.toggle('off', !shown.includes(field.dataset.field)), fields);
    } catch (failure) {
      if (failure.name !== 'AbortError') unsaid(failure);
    }
  });

  // ── clicks ──

  const acts = {
    '[data-hide]': (button, event) => { event.preventDefault(); hide(button.closest('.secret')); },
    '[data-keep-open]': button => longer(button.closest('.secret') || button.closest('.field').querySelector('.secret-in')),
    '[data-show]': toggle,
    '[data-generate]': button => {
      if (button.getAttribute('aria-expanded') === 'true') shutGenerator(button); else $(button.dataset.by).requestSubmit();
    },
    '[data-use]': use,
    '[data-copy]': button => copy(button, fromServer(button.dataset.copy), true),
    '[data-copy-text]': button => copy(button, () => $(button.dataset.copyText).textContent, 'overwrite' in button.dataset),
    '[data-copy-input]': copyInput,
    '[data-overwrite-now]': button => { button.closest('.toast').remove(); overwrite().catch(() => say('uncopied')); },
    '[data-close]': coverStored,
  };
  document.addEventListener('click', event => {
    for (const [selector, act] of Object.entries(acts)) {
      const button = event.target.closest?.(selector);
      if (button) return act(button, event);
    }
  }, true);
})();
