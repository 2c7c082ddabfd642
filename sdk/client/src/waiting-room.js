'use strict';

/**
 * Standing in line: takes a ticket, asks how far the line is as often as the server says and no more often, and comes in with a pass
 * (docs/rush.md). Calls that are made meanwhile wait, or fail, as the page wants.
 */

const { PlatformProblem } = require('../../shared/problems');

const LOTS = 0x100000000;
/** A pass is made longer when so much of its time is over. */
const RENEW_SHARE = 0.5;
/** What a server that cannot be reached is asked again after. */
const PAUSE_AFTER_FAILURE_MILLISECONDS = 5000;
const TICKET_LOST = ['WAITING_TICKET_EXPIRED', 'WAITING_TICKET_INVALID'];

/** Tells the page: `on('wait' | 'turn' | 'error', handler)`. One for all connections of an app, so that one component can listen. */
class WaitingEvents {
  constructor() {
    this.handlers = { wait: [], turn: [], error: [] };
    this.last = null;
    this.leavers = new Set();
    this.membership = undefined;
  }

  /** Answers what ends the listening; whoever comes late is told how it stands. */
  on(name, handler) {
    if (this.handlers[name] === undefined) throw new TypeError(`waitingRoom knows the events wait, turn and error, not ${name}.`);
    this.handlers[name].push(handler);
    if (name === 'wait' && this.last !== null) handler(this.last);
    return () => this.off(name, handler);
  }

  off(name, handler) {
    this.handlers[name] = this.handlers[name].filter((other) => other !== handler);
  }

  /** Where the user stands: the last `wait`, or null when there is no line. */
  state() {
    return this.last;
  }

  /** Gives the place up: calls that wait fail with `WAITING_LEFT`. */
  leave() {
    for (const leave of [...this.leavers]) leave();
  }

  /** What the shop's own back end says of a member. */
  setMembership(membership) {
    this.membership = membership;
  }

  tell(name, value) {
    if (name === 'wait') this.last = value;
    if (name === 'turn') this.last = null;
    for (const handler of [...this.handlers[name]]) {
      try {
        handler(value);
      } catch (error) {
        console.error('A listener of the waiting room failed:', error);
      }
    }
  }
}

/** The place of one user of one environment. */
class WaitingRoom {
  /** `request(method, path, body)` → `{status, headers, text, problem}`, with the user's token; `owner()` → their openid. */
  constructor({ key, storage, request, owner, clock, events, mode }) {
    Object.assign(this, { key, storage, request, owner, clock, events, mode });
    this.place = this.load();
    this.line = null;
    this.renewal = null;
    this.leaving = null;
  }

  /** The pass to send along, if there is one. */
  pass() {
    const { place } = this;
    if (place === null || !place.pass || place.owner !== this.owner() || place.passExpires <= this.clock.now()) return undefined;
    const whole = place.passExpires - place.passSince;
    if (place.passExpires - this.clock.now() < whole * RENEW_SHARE) this.renew();
    return place.pass;
  }

  /** A call was refused for the line: resolves when it may be made again. */
  async wait(problem) {
    if (this.mode === 'fail') {
      this.events.tell('error', problem);
      throw problem;
    }
    if (this.line === null) {
      const done = () => {
        this.line = null;
      };
      this.line = this.stand();
      this.line.then(done, done);
    }
    return this.line;
  }

  async stand() {
    const left = new Promise((resolve, reject) => {
      this.leaving = () => reject(new PlatformProblem({ status: 0, code: 'WAITING_LEFT', detail: 'The place in the line was given up.' }));
    });
    this.events.leavers.add(this.leaving);
    try {
      // A pass that was refused is of an earlier line.
      this.keep(Object.assign({}, this.place, { pass: undefined }));
      await Promise.race([this.untilTurn(left), left]);
      this.events.tell('turn', {});
    } catch (error) {
      this.events.last = null;
      this.events.tell('error', error);
      throw error;
    } finally {
      this.events.leavers.delete(this.leaving);
      this.leaving = null;
    }
  }

  async untilTurn(left) {
    let isLeft = false;
    left.catch(() => {
      isLeft = true;
    });
    let got = await this.takeTicket();
    // The ticket says how the line stands.
    let { status } = got;
    while (!isLeft && !this.comeIn(got)) {
      status = status || await this.look(got);
      if (status.phase === 'closed') return this.forget();
      if (got.pass || got.phase === 'closed') continue;
      const place = placeIn(status, got);
      this.events.tell('wait', place);
      if (status.phase === 'open' && place.ahead < 0) got = await this.takePass(got);
      else await this.clock.sleep(place.pauseMilliseconds);
      status = null;
    }
    return undefined;
  }

  /** Takes what the server gave; whether the user is in. */
  comeIn(got) {
    if (got.phase === 'closed') return this.forget() === undefined;
    if (!got.pass) return false;
    this.keep({ owner: this.owner(), pass: got.pass, passExpires: got.passExpires, passSince: this.clock.now() });
    return true;
  }

  async takeTicket() {
    const known = this.place !== null && this.place.owner === this.owner() ? this.place.ticket : undefined;
    const body = { ticket: known, membership: this.events.membership };
    const got = await this.persistently('POST', '/v1/waiting-room/tickets', body);
    if (got.ticket) this.keep({ owner: this.owner(), ticket: got.ticket });
    return got;
  }

  async takePass(ticket) {
    try {
      return await this.persistently('POST', '/v1/waiting-room/passes', { ticket: ticket.ticket });
    } catch (problem) {
      if (TICKET_LOST.indexOf(problem.code) !== -1) {
        this.forget();
        return this.takeTicket();
      }
      if (problem.code !== 'WAITING_TURN_NOT_COME') throw problem;
      await this.clock.sleep(problem.retryAfterSeconds * 1000);
      return ticket;
    }
  }

  /** How the line stands, asked until there is an answer; a ticket of an earlier line is exchanged by the server. */
  async look(ticket) {
    const status = await this.persistently('GET', '/v1/waiting-room');
    if (status.phase !== 'closed' && ticket.status && status.room !== ticket.status.room) Object.assign(ticket, await this.takeTicket());
    return status;
  }

  /** Makes a request until it is answered; what is refused for good fails. */
  async persistently(method, path, body) {
    for (;;) {
      const problem = await this.once(method, path, body);
      if (problem.answer !== undefined) return problem.answer;
      const isPassing = problem.code === 'NETWORK' || problem.code === 'TIMEOUT' || problem.status === 429 || problem.status >= 500;
      if (!isPassing) throw problem;
      this.events.tell('error', problem);
      const told = problem.retryAfterSeconds * 1000;
      await this.clock.sleep(Math.max(told, PAUSE_AFTER_FAILURE_MILLISECONDS) * (1 + this.clock.random() * 0.5));
    }
  }

  async once(method, path, body) {
    try {
      return { answer: await this.request(method, path, body) };
    } catch (problem) {
      return problem;
    }
  }

  /** Makes the pass last longer, beside the calls. */
  renew() {
    if (this.renewal !== null) return;
    const { pass } = this.place;
    const done = () => {
      this.renewal = null;
    };
    this.renewal = this.request('POST', '/v1/waiting-room/passes', { pass }).then((got) => this.comeIn(got));
    this.renewal.then(done, (problem) => {
      console.info(`The pass of the waiting room was not made longer: ${problem.message}`);
      // Not with every call: the one that there is lasts a while.
      this.place.passSince = this.clock.now();
      done();
    });
  }

  keep(place) {
    this.place = place;
    this.store(() => this.storage.set(this.key, JSON.stringify(place)));
  }

  forget() {
    this.place = null;
    this.store(() => this.storage.remove(this.key));
  }

  load() {
    try {
      const stored = this.storage.get(this.key);
      return stored ? JSON.parse(stored) : null;
    } catch (error) {
      console.warn(`The place in the waiting room cannot be read: ${error.message}`);
      return null;
    }
  }

  store(change) {
    try {
      change();
    } catch (error) {
      console.warn(`The place in the waiting room cannot be stored and lasts until the page closes: ${error.message}`);
    }
  }
}

/** What a status means for a ticket: how many are in front, how long it takes with its error, and when to ask again. */
function placeIn(status, ticket) {
  const line = status.lines[ticket.lane];
  const number = ticket.lot === undefined ? ticket.number : Math.floor((ticket.lot * line.drawn) / LOTS);
  const ahead = number - line.called;
  const seconds = (Math.max(0, ahead) + 1) / Math.max(0.01, line.perSecond);
  const error = Math.min(0.9, Math.max(line.error, 1 / Math.sqrt(Math.max(0, ahead) + 1)));
  const opening = status.phase === 'lobby' && status.opensAt ? Math.max(0, status.opensAt - status.now) / 1000 : 0;
  const leastSeconds = Math.floor(opening + seconds * (1 - error));
  const mostSeconds = Math.ceil(opening + seconds * (1 + error));
  const pause = Math.min(status.poll.mostMilliseconds, Math.max(status.poll.leastMilliseconds, (mostSeconds * 1000) / 3));
  return {
    phase: status.phase, ahead, leastSeconds, mostSeconds, opensInSeconds: Math.round(opening), message: status.message || null,
    // Those who came together do not ask together; and nobody asks earlier than they were told.
    pauseMilliseconds: Math.round(pause * (1 + Math.random() * 0.5)),
  };
}

module.exports = { WaitingEvents, WaitingRoom, placeIn };
