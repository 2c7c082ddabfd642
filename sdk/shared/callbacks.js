'use strict';

/**
 * Both platforms let a program choose between a promise and `success`/`fail`/`complete` callbacks. With callbacks
 * the promise is answered too, and its failure counts as handled.
 */
function settle(promise, options) {
  const callbacks = options || {};
  const success = asFunction(callbacks.success);
  const fail = asFunction(callbacks.fail);
  const complete = asFunction(callbacks.complete);
  if (success === null && fail === null && complete === null) return promise;
  promise.then(
    (result) => callAll(success, complete, result),
    (error) => callAll(fail, complete, error),
  );
  return promise;
}

function asFunction(value) {
  return typeof value === 'function' ? value : null;
}

function callAll(first, complete, value) {
  try {
    if (first !== null) first(value);
  } finally {
    if (complete !== null) complete(value);
  }
}

module.exports = { settle };
