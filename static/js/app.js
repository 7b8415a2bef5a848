// What every page does with script: dialogs, toasts, and what to say when a request fails.
(() => {
  'use strict';
  const $ = id => document.getElementById(id);
  const dialog = $('dialog'), body = $('dialog-body'), toasts = $('toasts');
  const above = [$('loading'), toasts, $('live')];   // they stand in the open dialog: what lies below it is inert
  const TOAST_MS = 6000, MOST_TOASTS = 3;

  // ── toasts: they leave after a while, but for errors and what has an action; never while somebody reads them ──

  const stays = toast => toast.matches('.bad') || toast.querySelector('.undo, a');
  const leave = toast => {
    if (toast.matches(':hover, :focus-within')) setTimeout(leave, 1000, toast);
    else toast.remove();
  };
  const makeRoom = () => {
    const older = [...toasts.children].slice(0, -1);
    if (older.length >= MOST_TOASTS) (older.find(toast => !stays(toast)) || older[0]).remove();
  };
  new MutationObserver(changes => {
    for (const { addedNodes, removedNodes } of changes) {
      for (const toast of addedNodes) {
        if (!toast.matches?.('.toast')) continue;
        makeRoom();
        if (!stays(toast)) setTimeout(leave, TOAST_MS, toast);
      }
      for (const toast of removedNodes) if (toast.querySelector?.('[data-reopen]') && !dialog.open) forget();
    }
  }).observe(toasts, { childList: true });

  const dismiss = toast => {
    const next = toast.nextElementSibling || toast.previousElementSibling;
    toast.remove();
    if (next) next.querySelector('[data-dismiss]').focus();
    else if (dialog.open) focusFirst();
    else focusOn(document.querySelector('main h1'));
  };
  const say = key => toasts.append($(`say-${key}`).content.cloneNode(true));
  const announce = text => $('live').replaceChildren(text);   // a new node: the same words are said again

  // ── the one dialog ──

  let opener = '';             // id of the element that opened it
  let rows = [];               // ids of the rows after the one that it stood in, then of those before it
  let untouched = '';          // the form's entries when it was opened
  let clicked = false;         // has a click begun in the dialog since it opened
  let discarded = () => close();   // what follows once the entries are given up
  const form = () => body.querySelector('#sheet-form');
  const entries = () => {
    const all = new FormData(form());
    all.delete('csrf_token');
    for (const field of form().querySelectorAll('[data-paged] > :not(.changed) [name], [name^="shown-"]')) all.delete(field.name);   // a part of a list
    return new URLSearchParams(all).toString();
  };
  const touched = () => !!form() && entries() !== untouched;
  const sending = () => [...underway].some(ctx => ctx.sourceElement === form());
  const asking = on => { $('discard').hidden = !on; dialog.classList.toggle('asking', on); };
  const forget = () => {       // what was typed does not stay in a closed dialog
    body.replaceChildren();
    for (const undo of toasts.querySelectorAll('[data-reopen]')) undo.closest('.toast').remove();
  };

  const open = url => htmx.ajax('GET', url, {
    target: '#dialog-body', swap: 'innerHTML', source: body, headers: { 'HX-Target': 'div#dialog-body' },
  });
  const focusOn = element => {
    if (element?.matches('h1')) element.tabIndex = -1;
    element?.focus();
  };
  const focusFirst = () => {
    const fields = [...body.querySelectorAll('.dlg-body :is(input:not([type=hidden]), select, textarea):enabled')];
    focusOn(body.querySelector('[autofocus], [aria-invalid=true]') || fields.find(each => each.checkVisibility())
      || body.querySelector('#dialog-title'));
  };
  const lift = () => {
    if (dialog.open) return;
    clicked = false;
    dialog.showModal();
    dialog.append(...above);
  };
  const shown = () => {
    for (const size of ['wide', 'narrow']) dialog.classList.toggle(size, !!body.querySelector(`.sheet.${size}`));
    asking(false);
    untouched = form() ? entries() : '';
    lift();
    for (const undo of toasts.querySelectorAll('[data-reopen]')) undo.closest('.toast').remove();
    focusFirst();
  };
  const close = () => {
    if (form()) untouched = entries();
    if (dialog.open) dialog.close();
    else forget();
  };
  const settle = () => {       // once it is closed: what is under way has its say first
    if (sending()) return;
    if (touched()) say('closed');
    else forget();
  };
  const remember = (element, id = element.id) => {
    const all = [...document.querySelectorAll('#page li[id]')], at = all.indexOf(element.closest('li[id]'));
    opener = id;
    rows = at < 0 ? [] : [...all.slice(at + 1), ...all.slice(0, at).reverse()].map(each => each.id);
  };
  const back = () => {         // focus goes back to what opened the dialog, else to the next row, else to the heading
    const row = rows.map(id => $(id)).find(Boolean);
    focusOn((opener && $(opener)) || row?.querySelector('.row-name, a, button') || document.querySelector('main h1'));
  };
  const leaveDialog = (then = close) => {
    if (sending()) return;     // the answer will tell what became of it
    if (!touched()) return then();
    discarded = then;
    asking(true);
    dialog.querySelector('[data-keep]').focus();
  };

  dialog.addEventListener('cancel', event => {
    if (event.target !== dialog || !(touched() || sending())) return;
    event.preventDefault();
    leaveDialog();
  });
  dialog.addEventListener('close', () => {
    document.body.append(...above);
    settle();
    asking(false);
    back();
  });
  let pressed = null;
  dialog.addEventListener('pointerdown', event => { pressed = event.target; });
  dialog.addEventListener('click', event => {
    if (event.target === dialog && pressed === dialog && !touched()) leaveDialog();
  });
  dialog.addEventListener('click', event => {   // the second half of a double click on what opened it
    if (event.detail < 2 || clicked) {
      clicked = true;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // Where the page itself is such a form, dialogs are pages too: one form at a time.
  const lifts = link => link.matches('[data-dialog]') && !document.querySelector('#page .sheet');

  const modified = event => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  addEventListener('click', event => {   // a new tab is the browser's to open: htmx would keep it from that
    if (modified(event) && event.target.closest?.('a[href]')) event.stopPropagation();
  }, true);
  document.addEventListener('click', event => {
    const target = event.target.closest?.('a, button');
    if (!target || event.defaultPrevented) return;
    const plain = event.button === 0 && !modified(event);
    if (plain && lifts(target)) {
      event.preventDefault();
      if (dialog.contains(target)) return leaveDialog(() => open(target.href));
      const menu = target.closest('details.menu');
      remember(target, (menu?.querySelector('summary') || target).id);
      if (menu) menu.open = false;
      open(target.href);
    } else if (plain && target.matches('[data-close]') && dialog.contains(target)) {
      event.preventDefault();
      leaveDialog();
    } else if (target.matches('[data-keep]')) {
      asking(false);
      focusFirst();
    } else if (target.matches('[data-discard]') && dialog.contains(target)) {
      if (target.matches('button')) return discarded();
      event.preventDefault();
      close();
      refresh();               // somebody else's changes are below
    } else if (target.matches('[data-reopen]')) {
      target.closest('.toast').remove();
      lift();
      focusFirst();
    } else if (target.matches('[data-dismiss]')) {
      dismiss(target.closest('.toast'));
    }
  });

  // ── what answers bring ──

  const refresh = () => htmx.ajax('GET', location.pathname + location.search, {
    target: '#page', swap: 'innerMorph', headers: { 'HX-Target': 'div#page' },
  });
  document.addEventListener('tresor:changed', ({ target }) => {
    if (body.contains(target)) close();
    else if (target.matches?.('form')) {         // of a toast or of the page itself: what it took back is said no more
      if (!target.closest('.toast')) remember(target, target.querySelector('button[id]')?.id);
      target.closest('.toast, .notice')?.remove();
    }
    refresh().then(() => { if (!dialog.open && document.activeElement === document.body) back(); });
  });
  document.addEventListener('tresor:token', ({ detail }) => {
    document.querySelector('meta[name=csrf-token]').content = detail.token;
    for (const field of document.getElementsByName('csrf_token')) if (field.matches('input')) field.value = detail.token;
  });
  document.addEventListener('htmx:after:settle', ({ target }) => {
    if (target === body) return shown();
    if (!body.contains(target) || !target.matches('.sheet, #sheet-say')) return;
    lift();                    // an answer that came after Escape was pressed twice
    if (body.querySelector('[autofocus], [aria-invalid=true]') || !body.contains(document.activeElement)) focusFirst();
  });

  // ── requests: what is under way, and what failed ──

  const underway = new Set();
  const whose = document.querySelector('meta[name=person]').content;
  const submitting = ({ request, sourceElement }) => request.submitter || sourceElement.closest('button');
  const failures = ({ sourceElement: sent }) => {   // what to say of each; none: nothing has left, lost: it may have been done
    if (sent.id === 'sheet-form') return { none: 'offline', lost: 'unsure', strange: 'failed' };
    const changes = sent.matches('form[method=post]:not([hx-target^="#o-"])');   // those are shown a value
    return { none: 'unread', lost: changes ? 'unanswered' : 'unread', strange: 'failed' };
  };

  document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
    ctx.request.headers['HX-Current-URL'] = location.pathname;   // the default would tell query and fragment
    ctx.request.headers['Tresor-Person'] = whose;
    ctx.fetch = (url, request) => {
      const online = navigator.onLine;
      return fetch(url, request).catch(error => {
        if (request.signal.aborted && request.signal.reason !== 'timeout') throw error;   // a newer one replaces it
        ctx.failure = online ? 'lost' : 'none';
        return new Response(null, { status: 599 });
      });
    };
  });
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    underway.add(ctx);
    $('loading').classList.add('busy');
    submitting(ctx)?.setAttribute('aria-busy', 'true');
  });
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    underway.delete(ctx);
    $('loading').classList.toggle('busy', underway.size > 0);
    if (!ctx.keepIndicators) submitting(ctx)?.removeAttribute('aria-busy');   // else the next page is on its way
    if (!dialog.open && ctx.sourceElement === form()) settle();
  });
  document.addEventListener('htmx:before:response', event => {   // only what is ours comes into our pages
    const { ctx } = event.detail;
    if (ctx.response.headers.has('Tresor-Part')) return;
    event.preventDefault();
    say(failures(ctx)[ctx.failure || 'strange']);
  });
  document.addEventListener('htmx:error', ({ detail: { ctx } }) => { if (ctx) say(failures(ctx).lost); });

  window.tresor = Object.freeze({
    $, announce, say, openDialog: open, dialog,
    lifted: Object.freeze({ isOpen: () => dialog.open, touched: () => dialog.open && touched(), close: () => dialog.open && close() }),
  });
})();
