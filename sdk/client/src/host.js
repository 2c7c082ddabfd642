'use strict';

/** What surrounds the SDK: the global object, and Node's modules where there is Node. */

// Set by the bundle: the CommonJS module object that the host gave the file, if any.
let hostModule = null;

function setHostModule(module) {
  hostModule = module;
}

function globalScope() {
  if (typeof globalThis !== 'undefined') return globalThis;
  if (typeof self !== 'undefined') return self;
  return typeof global !== 'undefined' ? global : {};
}

/** A module of Node, or null outside of Node. Asked through the module object so that no bundler packs it. */
function nodeModule(name) {
  const inNode = typeof process === 'object' && process !== null && process.versions && process.versions.node;
  if (!inNode || hostModule === null || typeof hostModule.require !== 'function') return null;
  return hostModule.require(name);
}

module.exports = { setHostModule, globalScope, nodeModule };
