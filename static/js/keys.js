// Single keys: they do what a link or button of the page does, and nothing while somebody types or a dialog is open.
(() => {
  'use strict';
  const $ = id => document.getElementById(id);
  const SEQUENCE_MS = 1500;

  const isOn = () => document.documentElement.dataset.keys !== 'off';
  const isTaken = target => target.closest?.('input, select, textarea, [contenteditable]')
    || document.querySelector('dialog[open], details.menu[open]');

  // ── rows ──

  const rows = () => [...document.querySelectorAll('#page .ledger > li')];
  const here = () => document.activeElement.closest?.('#page .ledger > li');
  const go = (step, event) => {
    const all = rows();
    const next = all[here() ? all.indexOf(here()) + step : 0];
    if (!next) return;
    event.preventDefault();
    next.querySelector('.row-name, a, button')?.focus();
  };

  // ── what keys press ──

  const press = element => { element?.click(); return !!element; };
  const lift = href => {            // a dialog above any page; the focus comes back to where it is
    if (!href) return;
    const link = Object.assign(document.createElement('a'), { href, id: document.activeElement.id, hidden: true });
    link.dataset.dialog = '';
    document.body.append(link);
    link.click();
    link.remove();
  };
  const shown = () => {             // the value that has the focus, else the first secret one
    const button = '[id^="hide-"], [id^="reveal-"]';
    return document.activeElement.closest('#values > div')?.querySelector(button) || $('values')?.querySelector(button);
  };
  const KEYS = {
    '/': () => { const search = $('search'); search?.focus(); search?.select(); return !!search; },
    'n': () => press($('new')) || lift(document.querySelector('link[data-new]')?.href),
    'c': () => press(here()?.querySelector('.copy')),
    'e': () => press($('edit')),
    's': () => press($('share')),
    'r': () => press(shown()),
    '?': () => lift($('shortcuts')?.href),
  };

  let sequence = 0;                 // until when a letter after `g` names a place
  document.addEventListener('keydown', event => {
    const { key } = event;
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTaken(event.target)) return;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      if (here()) go(key === 'ArrowDown' ? 1 : -1, event);
      return;
    }
    if (!isOn()) return;
    if (performance.now() < sequence) {
      sequence = 0;
      if (press(document.querySelector(`.app-nav [data-key="${CSS.escape(key)}"]`))) event.preventDefault();
    } else if (key === 'g') sequence = performance.now() + SEQUENCE_MS;
    else if (key === 'j' || key === 'k') go(key === 'j' ? 1 : -1, event);
    else if (!event.repeat && Object.hasOwn(KEYS, key)) {
      event.preventDefault();       // the letter is not typed into the field that it opens
      KEYS[key]();
    }
  });
})();
