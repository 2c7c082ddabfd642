'use strict';

/**
 * The user's session: silent login before the first call, tokens kept in the platform's storage, renewed in
 * time, and never by two calls at once.
 */

const RENEW_BEFORE_MILLISECONDS = 60 * 1000;

class Session {
  /** `post(path, body)` → parsed answer, without authorization. `credentials()` → the body of a login. */
  constructor({ key, storage, credentials, post, clock }) {
    this.key = key;
    this.storage = storage;
    this.credentials = credentials;
    this.post = post;
    this.clock = clock;
    this.tokens = this.load();
    this.renewal = null;
  }

  /** A token that is valid for a while. */
  async accessToken() {
    if (this.tokens !== null && this.tokens.expiresAt - this.clock.now() > RENEW_BEFORE_MILLISECONDS) return this.tokens.accessToken;
    return (await this.renew()).accessToken;
  }

  /** The server refused `token`. Does nothing when another call has renewed it meanwhile. */
  async refused(token, code) {
    if (this.tokens === null || this.tokens.accessToken !== token) return;
    if (code === 'TOKEN_EXPIRED') this.tokens = Object.assign({}, this.tokens, { expiresAt: 0 });
    else this.forget();
    await this.renew();
  }

  renew() {
    if (this.renewal === null) {
      const done = () => {
        this.renewal = null;
      };
      this.renewal = this.obtain();
      this.renewal.then(done, done);
    }
    return this.renewal;
  }

  async obtain() {
    const refreshToken = this.tokens !== null && this.tokens.refreshToken;
    if (refreshToken) {
      try {
        return this.keep(await this.post('/v1/login/refresh', async () => ({ refreshToken })));
      } catch (problem) {
        // Used up or too old: the user logs in again, silently. Anything else is worth telling.
        if (problem.status !== 401 && problem.status !== 400 && problem.status !== 404) throw problem;
        this.forget();
      }
    }
    return this.keep(await this.post('/v1/login', this.credentials));
  }

  keep(answer) {
    this.tokens = {
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      openid: answer.openid,
      anonymous: answer.anonymous === true,
      expiresAt: this.clock.now() + answer.expiresIn * 1000,
    };
    this.store(() => this.storage.set(this.key, JSON.stringify(this.tokens)));
    return this.tokens;
  }

  forget() {
    this.tokens = null;
    this.store(() => this.storage.remove(this.key));
  }

  load() {
    try {
      const stored = this.storage.get(this.key);
      return stored ? JSON.parse(stored) : null;
    } catch (error) {
      console.warn(`The stored session cannot be read; the user logs in anew: ${error.message}`);
      return null;
    }
  }

  /** A full storage must not keep the user from working. */
  store(change) {
    try {
      change();
    } catch (error) {
      console.warn(`The session cannot be stored and lasts until the page closes: ${error.message}`);
    }
  }
}

module.exports = { Session };
