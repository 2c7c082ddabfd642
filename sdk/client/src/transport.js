'use strict';

/** What the three transports share. */

const { PlatformProblem } = require('../../shared/problems');

function networkProblem(message, timedOut) {
  return new PlatformProblem({
    status: 0, code: timedOut ? 'TIMEOUT' : 'NETWORK', title: timedOut ? 'Timeout' : 'Network error', detail: message,
  });
}

function headersInLowerCase(headers) {
  const lower = {};
  for (const name of Object.keys(headers || {})) {
    const value = headers[name];
    lower[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return lower;
}

/** Some containers parse JSON although they were asked for text. */
function asText(data) {
  if (typeof data === 'string') return data;
  return data === undefined || data === null ? '' : JSON.stringify(data);
}

module.exports = { networkProblem, headersInLowerCase, asText };
