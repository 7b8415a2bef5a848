// What pages do with script beside dialogs and htmx: forms sent once, menus, the look, and what is said once.
(() => {
  'use strict';
  const TWICE_MS = 500;

  // A form that is sent twice in a moment, by a double click, was meant once. (htmx sees to its own.)
  const sent = new WeakMap();
  document.addEventListener('submit', event => {
    if (event.defaultPrevented || event.target.method !== 'post') return;
    if (event.timeStamp - sent.get(event.target) < TWICE_MS) event.preventDefault();
    else sent.set(event.target, event.timeStamp);
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

  // ── another look is worn at once ──

  const USUAL = ['system', 'comfortable', 'on'];
  document.addEventListener('tresor:look', ({ detail }) => {
    const worn = document.documentElement.dataset;
    for (const name of ['theme', 'density', 'keys'].filter(each => each in detail)) {
      if (USUAL.includes(detail[name])) delete worn[name];
      else worn[name] = detail[name];
    }
    for (const each of document.querySelectorAll('[name=theme]')) {   // the menu's buttons, and the card of the account
      if (each.type === 'radio') each.checked = each.value === detail.theme;
      else each.setAttribute('aria-pressed', each.value === detail.theme);
    }
  });

  // ── tabs scroll in themselves on narrow screens: the current one is in sight ──

  for (const current of document.querySelectorAll('.tabs [aria-current]')) {
    const tabs = current.closest('.tabs');
    tabs.scrollLeft = current.getBoundingClientRect().right - tabs.getBoundingClientRect().right + 16;
  }

  // ── what was done is said once: a reload does not repeat it ──

  const here = new URL(location.href);
  if (here.searchParams.has('done')) {
    for (const name of ['done', 'secret', 'was', 'undo']) here.searchParams.delete(name);
    history.replaceState(history.state, '', here);
  }
})();
