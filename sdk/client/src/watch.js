'use strict';

/** One watch: what it asks, what its page was told, and whether it goes on after an error. */

const { WatchedResult } = require('./watched-result');

const CLOSE_MILLISECONDS = 5 * 1000;
const FIRST_PAUSE_MILLISECONDS = 500;
const MAXIMUM_FAILURES = 5;

class Watch {
  constructor(channel, request, decode, observer) {
    this.channel = channel;
    this.request = request;
    this.observer = observer;
    this.result = new WatchedResult(request.orderBy !== undefined, decode);
    /** By what the server knows it on the present connection. */
    this.name = null;
    /** Where the server goes on after a new connection. */
    this.resume = undefined;
    this.hasEnded = false;
    this.wasBegunAgain = false;
    this.failures = 0;
    this.cancelPause = null;
    this.onReleased = null;
  }

  told(message) {
    if (this.hasEnded) return;
    this.wasBegunAgain = false;
    this.failures = 0;
    this.resume = message.resume;
    const snapshot = message.type === 'init' ? this.result.begin(message.docs) : this.result.next(message.changes, message.order);
    if (snapshot !== null) this.notify(() => this.observer.change(snapshot));
  }

  /** An error of this watch alone: it ends, unless asking again can help. */
  refused(problem) {
    this.name = null;
    if (this.hasEnded) {
      this.released();
    } else if (problem.code === 'WATCH_ENDED' && !this.wasBegunAgain) {
      // What the user may see has changed, so nothing of what was told holds; the rules say whether it begins again.
      this.wasBegunAgain = true;
      this.resume = undefined;
      this.channel.send(this);
    } else if (isTemporary(problem) && this.failures < MAXIMUM_FAILURES) {
      this.failures += 1;
      this.sendLater();
    } else {
      this.channel.remove(this);
      this.fail(problem);
    }
  }

  sendLater() {
    const { clock } = this.channel;
    this.cancelPause = clock.after(clock.random() * FIRST_PAUSE_MILLISECONDS * 2 ** this.failures, () => {
      this.cancelPause = null;
      // A connection that came meanwhile has begun the watch already.
      if (!this.hasEnded && this.name === null && this.channel.phase === 'ready') this.channel.send(this);
    });
  }

  disconnected() {
    this.name = null;
    this.released();
  }

  fail(problem) {
    this.end();
    this.notify(() => this.observer.fail(problem));
  }

  /** Answers when the server has let go of it, or cannot be asked; the page hears nothing any more from now on. */
  close() {
    if (this.hasEnded) return Promise.resolve();
    this.end();
    if (this.name === null || this.channel.watches.size === 1) {
      this.channel.remove(this);
      return Promise.resolve();
    }
    const released = new Promise((resolve) => {
      const cancel = this.channel.clock.after(CLOSE_MILLISECONDS, resolve);
      this.onReleased = () => {
        cancel();
        resolve();
      };
    });
    this.channel.transmit({ type: 'close', watch: this.name });
    this.channel.remove(this);
    return released;
  }

  end() {
    this.hasEnded = true;
    if (this.cancelPause !== null) this.cancelPause();
    this.cancelPause = null;
  }

  released() {
    if (this.onReleased !== null) this.onReleased();
    this.onReleased = null;
  }

  /** A page's mistake must not stop the other watches; it is thrown where the platform reports such things. */
  notify(call) {
    try {
      call();
    } catch (error) {
      setTimeout(() => {
        throw error;
      }, 0);
    }
  }
}

/** What may be different with the next attempt. */
function isTemporary(problem) {
  if (problem.code === 'NETWORK' || problem.code === 'TIMEOUT' || problem.status === 429) return true;
  return problem.status >= 500 && problem.status !== 501;
}

module.exports = { Watch, isTemporary };
