// What every page does with script: dialogs, toasts, and what to say when a request fails.
(() => {
  'use strict';
  const $ = id => document.getElementById(id);
  const dialog = $('dialog'), body = $('dialog-body'), toasts = $('toasts');
  const TOAST_MS = 6000, MOST_TOASTS = 3;

  // ── toasts: they leave after a while, but for errors and what has an action; never while somebody reads them ──

  const stays = toast => toast.matches('.bad') || toast.querySelector('.undo, a');
  const leave = toast => {
    if (toast.matches(':hover, :focus-within')) setTimeout(leave, 1000, toast);
    else toast.remove();
  };
  new MutationObserver(changes => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.matches?.('.toast') && !stays(node)) setTimeout(leave, TOAST_MS, node);
    }
    const shown = [...toasts.children];
    for (const old of shown.slice(0, Math.max(0, shown.length - MOST_TOASTS))) old.remove();
  }).observe(toasts, { childList: true });

  const say = key => toasts.append($(`say-${key}`).content.cloneNode(true));
  const announce = text => { $('live').textContent = text; };

  // ── the one dialog ──

  let opener = null;      // id of the element that opened it
  let untouched = '';     // the form's entries when it was opened
  const form = () => body.querySelector('#sheet-form');
  const entries = () => (form() ? new URLSearchParams(new FormData(form())).toString() : '');
  const touched = () => entries() !== untouched;
  const asking = on => { $('discard').hidden = !on; dialog.classList.toggle('asking', on); };

  const open = (url, from) => htmx.ajax('GET', url, {
    target: '#dialog-body', swap: 'innerHTML', source: from.isConnected ? from : document.body,
    headers: { 'HX-Target': 'div#dialog-body' },
  });
  const focusFirst = () => {
    const first = body.querySelector('[autofocus], [aria-invalid=true]')
      || body.querySelector('.dlg-body :is(input:not([type=hidden]), select, textarea)');
    (first || body.querySelector('#dialog-title'))?.focus();
  };
  const shown = () => {
    for (const size of ['wide', 'narrow']) dialog.classList.toggle(size, !!body.querySelector(`.sheet.${size}`));
    asking(false);
    untouched = entries();
    if (!dialog.open) { dialog.showModal(); dialog.append(toasts); }
    focusFirst();
  };
  const close = () => { untouched = entries(); dialog.close(); };
  const back = () => {     // focus goes back to what opened the dialog, else to the page's heading
    const target = (opener && $(opener)) || document.querySelector('main h1');
    if (target?.matches('h1')) target.tabIndex = -1;
    target?.focus();
  };
  const leaveDialog = () => {
    if (!touched()) return close();
    asking(true);
    dialog.querySelector('[data-keep]').focus();
  };

  dialog.addEventListener('cancel', event => {
    if (touched()) { event.preventDefault(); leaveDialog(); }
  });
  dialog.addEventListener('close', () => {
    document.body.append(toasts);
    if (touched()) say('closed'); else body.replaceChildren();
    asking(false);
    back();
  });
  dialog.addEventListener('pointerdown', event => { if (event.target === dialog && !touched()) close(); });

  // Where the page itself is such a form, dialogs are pages too: one form at a time.
  const lifts = link => link && !document.querySelector('#page .sheet') && link.matches('[data-dialog]');

  document.addEventListener('click', event => {
    const target = event.target.closest?.('a, button');
    if (!target || event.defaultPrevented) return;
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (plain && lifts(target)) {
      event.preventDefault();
      const menu = target.closest('details.menu');
      if (menu) menu.open = false;
      if (!dialog.open) opener = (menu ? menu.querySelector('summary') : target).id;
      open(target.href, target);
    } else if (target.matches('[data-close]') && dialog.open && dialog.contains(target)) {
      event.preventDefault();
      leaveDialog();
    } else if (target.matches('[data-keep]')) {
      asking(false);
      focusFirst();
    } else if (target.matches('[data-discard]')) {
      close();
    } else if (target.matches('[data-reopen]')) {
      target.closest('.toast').remove();
      dialog.showModal();
      dialog.append(toasts);
      focusFirst();
    } else if (target.matches('[data-dismiss]')) {
      target.closest('.toast').remove();
    }
  });

  // ── what answers bring ──

  const refresh = () => htmx.ajax('GET', location.pathname + location.search, {
    target: '#page', swap: 'innerMorph', headers: { 'HX-Target': 'div#page' },
  });
  document.addEventListener('tresor:changed', () => {
    if (dialog.open) close();
    refresh().then(() => { if (document.activeElement === document.body) back(); });
  });
  document.addEventListener('tresor:look', ({ detail }) => {
    for (const name of ['theme', 'density', 'keys']) {
      const usual = ['', 'system', 'comfortable', 'on'].includes(detail[name]);
      if (usual) delete document.documentElement.dataset[name];
      else if (detail[name]) document.documentElement.dataset[name] = detail[name];
    }
    for (const button of document.querySelectorAll('.themes [name=theme]')) {
      button.setAttribute('aria-pressed', button.value === detail.theme);
    }
  });
  document.addEventListener('tresor:token', ({ detail }) => {
    document.querySelector('meta[name=csrf-token]').content = detail.token;
    for (const field of document.getElementsByName('csrf_token')) if (field.matches('input')) field.value = detail.token;
  });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target === body && body.childElementCount) shown();
    else if (body.contains(ctx.target)) focusFirst();
    else document.querySelector('#page :is(.sheet [autofocus], .card > form > .notice[autofocus])')?.focus();
  });

  // ── requests: what is under way, and what failed ──

  document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
    ctx.request.headers['HX-Current-URL'] = location.pathname;   // the default would tell query and fragment
  });
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    $('loading').classList.add('busy');
    ctx.request.submitter?.setAttribute('aria-busy', 'true');
  });
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    $('loading').classList.remove('busy');
    ctx.request.submitter?.removeAttribute('aria-busy');
  });
  document.addEventListener('htmx:error', ({ detail: { ctx } }) => {
    if (ctx) say(ctx.request.method === 'GET' ? 'unread' : 'offline');
  });
  document.addEventListener('htmx:response:error', ({ detail: { ctx } }) => {
    if (ctx.response.status >= 500 && !ctx.text.includes('<hx-partial')) say('failed');
  });

  // ── menus: Escape and a click elsewhere close them, arrows go through them ──

  const openMenu = () => document.querySelector('details.menu[open]');
  document.addEventListener('click', event => {
    for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener('keydown', event => {
    const menu = openMenu();
    if (!menu) return;
    if (event.key === 'Escape') {
      menu.open = false;
      menu.querySelector('summary').focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const items = [...menu.querySelectorAll('ul :is(a, button)')];
      const next = items.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
      items[(next + items.length) % items.length]?.focus();
    }
  });

  // ── what was done is said once: a reload does not repeat it ──

  const here = new URL(location.href);
  if (here.searchParams.has('done')) {
    for (const name of ['done', 'secret']) here.searchParams.delete(name);
    history.replaceState(history.state, '', here);
  }

  window.tresor = Object.freeze({ $, announce, say, openDialog: open, dialog });
})();
