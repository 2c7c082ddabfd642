'use strict';

/**
 * The task that `uploadFile` answers at once, although the platform's own task starts only after the silent login.
 * What is asked of it before is passed on when the upload starts.
 */
const METHODS = ['onProgressUpdate', 'offProgressUpdate', 'onHeadersReceived', 'offHeadersReceived', 'abort'];

class UploadTask {
  constructor() {
    this.started = null;
    this.waiting = [];
  }

  attach(task) {
    this.started = task;
    const waiting = this.waiting;
    this.waiting = [];
    for (const request of waiting) this.pass(request.method, request.argument);
  }

  pass(method, argument) {
    if (this.started === null) this.waiting.push({ method, argument });
    else if (typeof this.started[method] === 'function') this.started[method](argument);
  }
}

for (const method of METHODS) {
  UploadTask.prototype[method] = function forward(argument) {
    this.pass(method, argument);
  };
}

module.exports = { UploadTask };
