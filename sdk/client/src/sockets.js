'use strict';

/** What the transports' WebSockets share. */

const { networkProblem } = require('./transport');

/** A function that works the first time only: platforms tell the end of a connection in several ways. */
function once(work) {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    work(value);
  };
}

/** The text of a message; some containers wrap it once more. */
function messageText(event) {
  const data = event && event.data;
  if (typeof data === 'object' && data !== null && typeof data.data === 'string') return data.data;
  return typeof data === 'string' ? data : '';
}

/** A socket over the `SocketTask` of WeChat and Alipay. */
function taskSocket(task, listener, close, problemOf) {
  task.onOpen(() => listener.open());
  task.onMessage((event) => listener.message(messageText(event)));
  task.onClose((event) => close(networkProblem((event && event.reason) || 'The connection was closed.', false)));
  task.onError((failure) => close(problemOf(failure)));
  return {
    send: (text) => task.send({ data: text, fail: (failure) => close(problemOf(failure)) }),
    close: () => task.close({ code: 1000 }),
  };
}

module.exports = { once, messageText, taskSocket };
