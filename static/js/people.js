// Giving people something: finding them while somebody types, and saying what will change before it is saved.
(() => {
  'use strict';
  const { $, announce } = window.tresor;
  const field = () => $('f-add'), list = () => $('found'), rows = () => $('rows');

  // ── the field that finds people: a combobox with a list (ARIA 1.2) ──

  let wanted = '';       // an address that was entered before its answer came
  const options = () => [...list().querySelectorAll('[data-address]')];
  const active = () => list().querySelector('[aria-selected="true"]');
  const isOpen = () => !list().hidden;
  const pending = () => [...rows().querySelectorAll('[data-new]')];
  const addressOf = row => row.querySelector('input[type=hidden]').value;
  const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase();

  const close = () => {
    list().hidden = true;
    field().setAttribute('aria-expanded', 'false');
    field().removeAttribute('aria-activedescendant');
  };
  const choose = option => {
    active()?.setAttribute('aria-selected', 'false');
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    field().setAttribute('aria-activedescendant', option.id);
  };
  const clear = () => { wanted = ''; field().value = ''; list().replaceChildren(); close(); };

  const fill = (row, name, number) => {
    for (const each of row.querySelectorAll('[name], [id], [for], [aria-label], [aria-describedby]')) {
      for (const key of ['name', 'id', 'for', 'aria-label', 'aria-describedby']) {
        const text = each.getAttribute(key);
        if (text) each.setAttribute(key, key === 'aria-label' ? text.replace('{name}', () => name) : text.replace(/-0(?=$|-)/, `-${number}`));
      }
    }
  };
  const pick = option => {
    const { address, name } = option.dataset;
    const row = $('new-row').content.firstElementChild.cloneNode(true);
    const number = Math.max(0, ...pending().map(each => Number(each.dataset.new))) + 1;
    fill(row, name, number);
    Object.assign(row.dataset, { new: number, name });
    row.querySelector('.who').replaceWith(option.querySelector('.who').cloneNode(true));
    row.querySelector('input[type=hidden]').value = address;
    rows().prepend(row);
    clear();
    field().focus();
    tell();
  };

  const pickedAlready = option => {
    delete option.dataset.address;
    option.setAttribute('aria-disabled', 'true');
    option.append($('new-row').content.querySelector('.unsaved').cloneNode(true));
  };
  const found = () => {
    const input = field(), text = input.value.trim();
    const taken = pending().map(addressOf);
    for (const option of options()) if (taken.some(each => same(each, option.dataset.address))) pickedAlready(option);
    const all = options();
    if (!text || document.activeElement !== input) return close();
    const exact = wanted && all.find(option => same(option.dataset.address, wanted));
    wanted = '';
    if (exact) return pick(exact);
    list().hidden = !list().childElementCount;
    input.setAttribute('aria-expanded', String(isOpen()));
    if (all.length) choose(all[0]);
    announce(all.length ? words(input, 'hits', all.length) : list().textContent);
  };
  const words = (element, key, number) => element.dataset[key + (number === 1 ? 'One' : 'Many')].replace('{num}', number);

  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1),
    Enter: () => { const option = active(); if (option && isOpen()) pick(option); else wanted = field().value; },
    Escape: () => { if (isOpen()) close(); else clear(); },
  };
  const step = by => {
    const all = options();
    if (!all.length) return;
    list().hidden = false;
    field().setAttribute('aria-expanded', 'true');
    choose(all[(all.indexOf(active()) + by + all.length) % all.length]);
  };
  document.addEventListener('keydown', event => {
    if (event.target.id !== 'f-add' || !keys[event.key] || !event.target.value) return;
    event.preventDefault();      // Enter would send the form, Escape close the dialog
    event.stopPropagation();
    keys[event.key]();
  }, true);
  document.addEventListener('input', ({ target }) => {
    if (target.id !== 'f-add') return;
    wanted = '';
    if (!target.value.trim()) close();
    tell();
  });
  document.addEventListener('focusout', ({ target }) => { if (target.id === 'f-add' && list()) close(); });
  document.addEventListener('pointerdown', event => {
    if (event.target.closest?.('#found')) event.preventDefault();     // the field keeps the focus
  });

  // ── rows: take away, take back ──

  const levelOf = row => row.querySelector('select');
  const seenOf = row => row.querySelector('[name^="seen-"]')?.value.split(' ') ?? [];
  const remove = row => {
    if (row.dataset.new) { row.remove(); field().focus(); } else { levelOf(row).value = 'none'; row.querySelector('[data-undo]').focus(); }
    tell();
  };
  const undo = row => {
    levelOf(row).value = seenOf(row)[0];
    row.querySelector('[data-remove]').focus();
    tell();
  };
  document.addEventListener('click', ({ target }) => {
    const option = target.closest?.('#found [data-address]');
    if (option) pick(option);
    const button = target.closest?.('#rows [data-remove], #rows [data-undo]');
    if (button) (button.matches('[data-undo]') ? undo : remove)(button.closest('li'));
  });

  // ── what will change ──

  const written = { dateStyle: 'long', timeZone: 'UTC' };
  const locale = () => document.documentElement.lang.replace(/^en$/, 'en-GB');      // the day first, as on every page
  const day = text => new Intl.DateTimeFormat(locale(), written).format(new Date(`${text}T00:00:00Z`));
  const said = (key, parts) => {
    const text = $('will').dataset[key.replace(/-(\w)/g, (_all, letter) => letter.toUpperCase())];
    const line = document.createElement('li');
    for (const part of (text || '').split(/(\{\w+\})/)) {
      const name = part.match(/^\{(\w+)\}$/)?.[1];
      if (!name) { line.append(part); continue; }
      const strong = document.createElement('strong');
      strong.textContent = parts[name];
      line.append(strong);
    }
    return line;
  };
  const together = lines => {        // what becomes of one person is one line
    for (const line of lines.slice(1)) lines[0].append(' ', ...line.childNodes);
    return lines.slice(0, 1);
  };
  const until = row => row.querySelector('input[type=date]')?.value ?? '';

  const ofPerson = row => {
    const select = levelOf(row);
    if (!select) return [];
    const { name } = row.dataset, level = select.value, end = level === 'owner' ? '' : until(row);
    if (row.dataset.new) return together([said(`add-${level}`, { name }), ...(end ? [said('end', { date: day(end) })] : [])]);
    const [before, endBefore = ''] = seenOf(row);
    const lines = [];
    if (level !== before) lines.push(said('me' in row.dataset ? `me-${level}` : level === 'none' ? 'none' : `set-${level}`, { name }));
    if ('me' in row.dataset && lines.length) lines[0].className = 'warn';
    if (level === 'none') {
      const kept = row.querySelector('[name^="publications-"]:checked');
      if (kept) lines.push(said(kept.value === 'keep' ? 'keeps' : 'withdraws', { name }));
    } else if (level !== 'owner' && end !== endBefore) lines.push(end ? said('until', { name, date: day(end) }) : said('forever', { name }));
    row.classList.toggle('changed', lines.length > 0);
    return together(lines);
  };
  const ofGroup = box => {
    if (box.checked === 'published' in box.dataset) return [];
    const { name, used } = box.dataset, lines = [said(box.checked ? 'publish' : 'withdraw', { name })];
    if (!box.checked && used) lines.push(said('used', { actor: used }));
    if (!box.checked && 'system' in box.dataset) lines.push(said('waits', {}));
    return together(lines);
  };
  const tell = () => {
    const will = $('will'), foot = $('unsaved');
    if (!will) return;
    const boxes = [...document.querySelectorAll('.group-pick input')];
    const changes = [...[...rows().children].map(ofPerson), ...boxes.map(ofGroup)].filter(lines => lines.length);
    const typed = field().value.trim();
    if (typed.includes('@')) changes.unshift([said(`add-${levelOf($('new-row').content).value}`, { name: typed })]);   // saved as it stands
    const before = foot.textContent, number = changes.length;
    foot.textContent = number ? words(foot, 'count', number) : foot.dataset.none;
    will.querySelector('ul').replaceChildren(...changes.flat());
    will.hidden = !changes.length;
    if (number && foot.textContent !== before) announce(foot.textContent);
  };
  document.addEventListener('change', ({ target }) => { if (target.closest?.('#rows, .group-pick')) tell(); });

  // ── begin, again after each answer: the server's page knows no combobox ──

  const begin = () => {
    const input = field();
    if (!input || !list()) return;
    if (input.type === 'email') {
      input.type = 'text';
      input.placeholder = input.dataset.placeholder;
      for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-controls': 'found', 'aria-expanded': 'false' })) input.setAttribute(name, value);
    }
    tell();
  };
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target?.id === 'found') found(); else begin();
  });
  begin();
})();
