'use strict';

/** A router for functions that serve several actions: the documented API of the package `tcb-router`. */

class TcbRouter {
  constructor({ event } = {}) {
    this.event = event || {};
    this.common = [];
    this.routes = [];
  }

  use(middleware) {
    requireFunction(middleware);
    this.common.push(middleware);
    return this;
  }

  /** `router(path, middleware…)`; `path` is a string, a pattern, an array of both, or `*`. */
  router(path, ...middlewares) {
    const list = Array.isArray(middlewares[0]) ? middlewares[0] : middlewares;
    list.forEach(requireFunction);
    const paths = Array.isArray(path) ? path : [path];
    this.routes.push({ paths, middlewares: list });
    return this;
  }

  /** Runs what matches `event.$url`, one after the other, and answers `ctx.body`. */
  async serve() {
    const url = this.event.$url;
    const matching = this.routes.filter(({ paths }) => paths.some((path) => matches(path, url)));
    const ctx = { _req: { event: this.event, url }, event: this.event, data: {}, body: undefined };
    if (matching.length === 0) {
      ctx.body = { code: -1, message: `No router matches ${String(url)}` };
    }
    await compose([...this.common, ...matching.flatMap(({ middlewares }) => middlewares)])(ctx);
    return ctx.body;
  }
}

function requireFunction(middleware) {
  if (typeof middleware !== 'function') throw new TypeError('A middleware of a router must be a function.');
}

function matches(path, url) {
  if (path instanceof RegExp) return path.test(String(url));
  return path === '*' || path === url;
}

/** Each middleware gets `next`, which runs the rest; calling it twice is a mistake. */
function compose(middlewares) {
  return (ctx) => {
    let last = -1;
    const run = async (index) => {
      if (index <= last) throw new Error('next() was called twice in one middleware.');
      last = index;
      if (index < middlewares.length) await middlewares[index](ctx, () => run(index + 1));
    };
    return run(0);
  };
}

module.exports = TcbRouter;
