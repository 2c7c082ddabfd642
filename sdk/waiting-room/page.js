'use strict';

/** The page of those who wait, with a script: looks as often as the server says, counts down in between, and goes on when it is one's turn. */
(function () {
  const room = document.getElementById('room');
  const texts = JSON.parse(room.dataset.texts);
  const view = { ahead: document.getElementById('ahead'), time: document.getElementById('time'), bar: document.getElementById('bar') };
  const spoken = document.getElementById('spoken');
  const trouble = document.getElementById('trouble');
  const SECOND = 1000;
  /** What changes all the time is read out no more often than this. */
  const SPEAK_EVERY = 30 * SECOND;
  let first = null;
  let known = null;
  let spokenAt = 0;

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
  }

  /** A time with its error, in the words of the server's own page. */
  function range(least, most) {
    if (most <= 60) return texts.soon;
    const unit = most > 7200 ? 3600 : 60;
    const words = unit === 3600 ? texts.hours : texts.minutes;
    const from = Math.max(1, Math.floor(least / unit));
    const to = Math.max(1, Math.ceil(most / unit));
    return from === to ? fill(words.one, { to }) : fill(words.range, { from, to });
  }

  /** My place in a status: how many are in front, and the seconds until my turn. */
  function placeIn(status) {
    const line = status.lines[room.dataset.lane];
    const number = room.dataset.lot ? Math.floor(Number(room.dataset.lot) * line.drawn / 0x100000000) : Number(room.dataset.number);
    const ahead = number - line.called;
    const seconds = (Math.max(0, ahead) + 1) / Math.max(0.01, line.perSecond);
    const error = Math.min(0.9, Math.max(line.error, 1 / Math.sqrt(Math.max(0, ahead) + 1)));
    const opening = status.phase === 'lobby' && status.opensAt ? Math.max(0, (status.opensAt - status.now) / SECOND) : 0;
    return { ahead, opening, isLobby: status.phase === 'lobby', least: seconds * (1 - error), most: seconds * (1 + error), at: Date.now() };
  }

  function draw() {
    if (known === null) return;
    const passed = (Date.now() - known.at) / SECOND;
    const opening = Math.max(0, known.opening - passed);
    if (known.isLobby) {
      view.ahead.textContent = texts.drawn;
      view.time.textContent = fill(texts.opens, { time: clock(opening) });
      return;
    }
    const ahead = Math.max(0, known.ahead);
    if (first === null) first = Math.max(1, ahead);
    view.ahead.textContent = ahead === 0 ? texts.next : fill(texts.people, { count: ahead.toLocaleString(document.documentElement.lang) });
    view.time.textContent = range(Math.max(0, known.least - passed), Math.max(1, known.most - passed));
    view.bar.value = 1 - ahead / first;
  }

  function clock(seconds) {
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, '0');
    return `${whole >= 3600 ? `${Math.floor(whole / 3600)}:` : ''}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }

  function speak(isUrgent) {
    if (!isUrgent && Date.now() - spokenAt < SPEAK_EVERY) return;
    spokenAt = Date.now();
    spoken.textContent = `${view.ahead.textContent} ${view.time.textContent}`;
  }

  function goOn() {
    spoken.textContent = texts.turn;
    // The server gives the pass with the page that was asked for.
    location.reload();
  }

  function pauseOf(status) {
    const wanted = ((known.isLobby ? known.opening : 0) + known.most) * SECOND / 3;
    const pause = Math.min(status.poll.mostMilliseconds, Math.max(status.poll.leastMilliseconds, wanted));
    // Those who came together do not ask together; and nobody asks earlier than they were told.
    return pause * (1 + Math.random() * 0.5);
  }

  async function look() {
    let pause = 5 * SECOND;
    try {
      const answer = await fetch(room.dataset.status, { headers: { accept: 'application/json' } });
      if (!answer.ok) {
        pause = Math.max(pause, Number(answer.headers.get('retry-after')) * SECOND || 0);
        throw new Error(`the server answered ${answer.status}`);
      }
      const status = await answer.json();
      trouble.hidden = true;
      if (status.phase === 'closed' || String(status.room) !== room.dataset.room) return goOn();
      known = placeIn(status);
      if (status.phase === 'open' && known.ahead < 0) return goOn();
      draw();
      speak(false);
      pause = pauseOf(status);
    } catch (error) {
      console.info('the line cannot be seen right now:', error);
      trouble.textContent = texts.trouble;
      trouble.hidden = false;
    }
    setTimeout(look, pause);
    return undefined;
  }

  setInterval(draw, SECOND);
  look();
})();
