'use strict';

/** Runs operations for one database: executes, decodes, shapes. */

const { decodeAnswer, revive } = require('./typed-values');
const { settle } = require('./callbacks');
const { invalidParameter, notAvailable } = require('./problems');

class Engine {
  /** The settings are those of `createDatabase`. */
  constructor(execute, settings) {
    this.execute = execute;
    this.flavour = settings.flavour;
    this.defaultLimit = settings.defaultLimit;
    this.maximumLimit = settings.maximumLimit;
    this.requestId = settings.requestId || (() => '');
    this.startWatch = settings.watch;
    this.failsOnMissingDocument = this.flavour.failsOnMissingDocument && settings.throwOnNotFound !== false;
  }

  /** `build()` makes the operation, `shape(answer, api, requestId)` the result; all failures get the platform's shape. */
  run(api, build, shape, options) {
    return settle(this.perform(api, build, shape), options);
  }

  async perform(api, build, shape) {
    try {
      const text = await this.execute(build());
      return shape(decodeAnswer(text, this.flavour.geoObjects), api, this.requestId());
    } catch (error) {
      throw this.flavour.error(error, api);
    }
  }

  /** For mistakes in a chain, which throw where they are made. */
  check(api, make) {
    try {
      return make();
    } catch (error) {
      throw this.flavour.error(error, api);
    }
  }

  /**
   * Watches what `build()` says: `{collection, where?, orderBy?, limit?}`. Answers `{close()}`; what goes wrong is told
   * to `listener.onError`, or thrown where nobody listens.
   */
  watch(api, build, listener) {
    try {
      const request = this.check(api, () => {
        if (this.startWatch === undefined) {
          throw notAvailable(
            'A cloud function cannot watch: it ends with its invocation. Watch in the page, or ask again with get().', 'WATCH_NOT_AVAILABLE');
        }
        if (!listener || typeof listener.onChange !== 'function') throw invalidParameter('watch needs {onChange, onError}.');
        return build();
      });
      const decode = (value) => revive(value, this.flavour.geoObjects);
      return this.startWatch(request, decode, {
        change: (snapshot) => listener.onChange(snapshot),
        fail: (problem) => {
          const error = this.flavour.error(problem, api);
          if (typeof listener.onError === 'function') listener.onError(error);
          else console.error(`A watch has ended, and it has no onError: ${error.message}`);
        },
      });
    } catch (error) {
      if (!listener || typeof listener.onError !== 'function') throw error;
      Promise.resolve().then(() => listener.onError(error));
      return { close: () => Promise.resolve() };
    }
  }
}

module.exports = { Engine };
