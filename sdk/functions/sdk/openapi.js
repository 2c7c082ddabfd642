'use strict';

/** Calls written as `cloud.openapi.security.msgSecCheck({…})`: any path of names, then a call. */

/** `invoke(path, args)` gets the names joined by dots. */
function anyDepth(invoke, names) {
  const path = names || [];
  return new Proxy(function openapi() {}, {
    get(target, name) {
      // A promise machinery asks every value for `then`; the proxy is not a promise.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return anyDepth(invoke, path.concat(name));
    },
    // `cloud.openapi({appid})` chooses an app in WeChat; an environment has one app of each platform here.
    apply: (target, self, args) => (path.length === 0 ? anyDepth(invoke, path) : invoke(path.join('.'), args)),
  });
}

/** WeChat's cloud calls take camelCase and its HTTP API snake_case. `data` holds the program's own names. */
function toSnakeCase(value, insideData) {
  if (Buffer.isBuffer(value)) return { $base64: value.toString('base64') };
  if (Array.isArray(value)) return value.map((item) => toSnakeCase(item, insideData));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const converted = {};
  for (const [key, member] of Object.entries(value)) {
    const name = insideData ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    converted[name] = toSnakeCase(member, insideData || key === 'data');
  }
  return converted;
}

function toCamelCase(value) {
  if (Array.isArray(value)) return value.map(toCamelCase);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  const converted = {};
  for (const [key, member] of Object.entries(value)) {
    converted[key.replace(/_([a-z])/g, (all, letter) => letter.toUpperCase())] = toCamelCase(member);
  }
  return converted;
}

module.exports = { anyDepth, toSnakeCase, toCamelCase };
