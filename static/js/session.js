// The end of a session: said two minutes before, with a way to stay; afterwards nothing of the page is to be seen.
(() => {
  'use strict';
  const { $, lifted } = window.tresor;
  const box = $('session'), { url, person, warn, seconds } = box.dataset;
  const AGAIN_MS = 15000, LONGEST_MS = 2 ** 31 - 1;
  const WARN = Number(warn);
  const others = new BroadcastChannel('session');

  let ends = Date.now() + seconds * 1000, ended = false, timer = 0;
  const left = () => Math.max(0, Math.ceil((ends - Date.now()) / 1000));
  const later = (act, ms) => { clearTimeout(timer); timer = setTimeout(act, Math.min(ms, LONGEST_MS)); };

  const show = key => {
    if (box.dataset.shown !== key) box.replaceChildren($(`session-${key}`).content.cloneNode(true));
    box.dataset.shown = key;
    if (!box.open) box.showModal();
    box.querySelector('[autofocus]')?.focus();
  };
  const hide = () => { box.dataset.shown = ''; box.close(); };
  const say = () => {
    const minutes = Math.max(1, Math.ceil(left() / 60)), title = $('session-title');
    const text = minutes === 1 ? title.dataset.one : title.dataset.many.replace('#', minutes);
    if (title.textContent !== text) title.textContent = text;
  };

  // ── what is known about the end, and what follows from it ──

  const look = () => {
    if (left() > WARN) {
      if (box.open) hide();
      later(ask, (left() - WARN) * 1000);      // somebody may have been busy elsewhere: the server knows
    } else if (left() > 0) {
      if (!box.open) show('warn');
      if ($('session-title').dataset.many) say();
      later(left() > 60 ? look : ask, Math.max(1, left() % 60 || 60) * 1000);
    } else later(ask, 1000);
  };
  const end = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    if (!lifted.touched()) lifted.close();     // what was typed waits, covered, for its owner
    $('page').replaceChildren();
    show('ended');
    document.title = $('session-title').textContent;
  };
  const goOn = () => {                         // signed in again, in another tab
    if (!lifted.isOpen()) return location.reload();
    ended = false;
    hide();
    htmx.ajax('GET', location.pathname + location.search, {
      target: '#page', swap: 'innerMorph', headers: { 'HX-Target': 'div#page' },
    });
  };

  const ask = async (counts = false) => {      // counts: it was a person who asked, so the session goes on
    const headers = counts === true ? {} : { 'Tresor-Background': '1' };
    let answer;
    try {
      answer = await fetch(url, { headers, redirect: 'manual', cache: 'no-store' });
    } catch { /* no connection */ }
    if (!answer || answer.status >= 500 || answer.status === 429) {
      if (left() === 0) return end();
      if (left() <= WARN) look();
      return later(ask, Math.min(AGAIN_MS, left() * 1000));
    }
    if (!answer.ok) return end();
    const now = await answer.json();
    if (now.person !== person) return location.reload();
    ends = Date.now() + now.seconds * 1000;
    if (ended) goOn();
    look();
    if (counts === true && left() <= WARN) show('last');
  };

  // ── the person, other tabs, a device that slept ──

  box.addEventListener('click', async ({ target }) => {
    if (target.closest('[data-stay]')) {
      await ask(true);
      others.postMessage('goes on');
    } else if (target.closest('[data-understood]')) box.close();
  });
  box.addEventListener('cancel', event => event.preventDefault());
  box.addEventListener('close', () => { if (ended) show('ended'); });
  others.addEventListener('message', ({ data }) => later(ask, data === 'ends' ? 1000 : 0));
  document.addEventListener('submit', ({ target }) => { if (target.matches('[data-sign-out]')) others.postMessage('ends'); });
  document.addEventListener('htmx:after:request', () => { if (box.open && !ended) ask(); });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && (ended || left() <= WARN)) ask();
  });
  addEventListener('focus', () => { if (ended) ask(); });
  addEventListener('pageshow', ({ persisted }) => {          // a page that was kept aside may belong to nobody any more
    if (!persisted) return;
    document.body.hidden = true;
    location.reload();
  });
  look();
})();
