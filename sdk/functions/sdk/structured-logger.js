'use strict';

/** `cloud.logger()` of WeChat and Tencent: takes an object and writes it as one line of JSON. */

function line(fields) {
  if (typeof fields !== 'object' || fields === null) return String(fields);
  try {
    return JSON.stringify(fields);
  } catch (error) {
    return `an object that is not JSON (${error.message})`;
  }
}

const structuredLogger = Object.freeze({
  debug: (fields) => console.debug(line(fields)),
  log: (fields) => console.log(line(fields)),
  info: (fields) => console.info(line(fields)),
  warn: (fields) => console.warn(line(fields)),
  error: (fields) => console.error(line(fields)),
});

module.exports = { structuredLogger };
