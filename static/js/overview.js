// The overview: one menu for all rows, searches that tell what they found, pages that begin at their first row.
(() => {
  'use strict';
  const { $, announce } = window.tresor;
  const ANNOUNCED_AFTER_MS = 600;

  // ── the menu of a row: put where it is opened ──

  const filled = (menu, row) => {
    const items = $('row-menu').content.cloneNode(true).firstElementChild;
    const address = row.querySelector('.row-name').href;
    const copy = row.querySelector('.copy');
    for (const item of items.querySelectorAll('[data-for]')) {
      if (!item.dataset.for.split(' ').includes(menu.dataset.level)) item.remove();
    }
    for (const link of items.querySelectorAll('[data-to]')) link.href = address + link.dataset.to;
    const button = items.querySelector('[data-copy]');
    if (copy) {
      Object.assign(button.dataset, { copy: copy.dataset.copy, copied: copy.dataset.copied });
      button.append(copy.title);
    } else button.closest('li').remove();
    return items;
  };
  document.addEventListener('click', ({ target }) => {      // before the browser opens it: it is never seen empty
    const menu = target.closest?.('.ledger summary')?.parentElement;
    if (menu && !menu.querySelector('ul')) menu.append(filled(menu, menu.closest('li')));
    if (target.closest?.('.ledger [data-copy]')) menuOf(target)?.removeAttribute('open');
  }, true);
  const menuOf = element => element.closest('details.menu');

  // A link that changes the list opens a tab or window with a key, as any other does: htmx would hold it back.
  addEventListener('click', event => {
    if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.('a[hx-get]')) event.stopPropagation();
  }, true);

  // ── searching: the list is dimmed while it is old, then says how many were found ──

  let running = 0, telling = 0, rowWanted = false;
  const ofListing = ({ detail: { ctx } }) => ctx.target?.id === 'listing';
  const busy = () => {
    if (running) $('results').setAttribute('aria-busy', 'true');
    else $('results').removeAttribute('aria-busy');
  };
  const firstRow = () => document.querySelector('#results .row-name');

  document.addEventListener('htmx:before:request', event => {
    if (!ofListing(event)) return;
    running += 1;
    busy();
    clearTimeout(telling);
    announce('');
  });
  document.addEventListener('htmx:finally:request', event => {
    if (!ofListing(event)) return;
    running -= 1;
    busy();
  });
  document.addEventListener('htmx:after:swap', event => {
    if (!ofListing(event)) return;
    const { found } = $('results').dataset;
    if (found) telling = setTimeout(announce, ANNOUNCED_AFTER_MS, found);
    if (event.detail.ctx.sourceElement.closest('.pager')) {
      scrollTo(0, 0);
      firstRow()?.focus({ preventScroll: true });
    } else if (rowWanted) firstRow()?.focus();
    rowWanted = false;
  });

  // ── the field: Enter goes on to what was found, Escape clears it, the arrow leads down ──

  const search = $('search');
  const find = text => {
    search.value = text;
    search.dispatchEvent(new Event('search'));
  };
  const isLive = () => search && $('listing') && search.matches('[hx-get]');
  // htmx begins in a task of its own, at times after the first keys: what was typed before is searched for then.
  setTimeout(() => {
    if (isLive() && search.value.trim() !== $('results').dataset.query) find(search.value);
  });
  search?.addEventListener('keydown', event => {
    if (event.isComposing || !isLive()) return;
    if (event.key === 'Enter') {
      event.preventDefault();
      if (search.value.trim() === $('results').dataset.query && !running) firstRow()?.focus();
      else {
        rowWanted = true;
        find(search.value);
      }
    } else if (event.key === 'Escape' && search.value) {
      event.preventDefault();
      find('');
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      firstRow()?.focus();
    }
  });
  document.addEventListener('click', event => {
    if (!event.target.closest?.('[data-clear-search]') || !isLive()) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    find('');
    search.focus();
  });
})();
