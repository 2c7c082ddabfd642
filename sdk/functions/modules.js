'use strict';

/**
 * What `require` and `import` find inside a worker: first Sampan's own SDK under the platforms' names,
 * then the function's own node_modules, then the layers, then small packages that Sampan brings along.
 * `require('service/user.js')` also finds the function's own file, as in WeChat, whose search path has the
 * function's folder.
 */

const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');

// Used only when neither the function nor a layer has them.
const BROUGHT_ALONG = { 'tcb-router': path.join(__dirname, 'sdk', 'tcb-router.js') };

/** `provided`: name of a package → function that makes its exports (called once, when first required). */
function installResolution(provided, layers, codeFolder) {
  const folders = [codeFolder, ...layers];
  const made = new Map();
  const provide = (name) => {
    if (!made.has(name)) made.set(name, provided[name]());
    return made.get(name);
  };
  const isProvided = (request) => Object.prototype.hasOwnProperty.call(provided, request);
  const originalLoad = Module._load;
  const originalResolve = Module._resolveFilename;

  Module._load = function load(request, parent, isMain) {
    return isProvided(request) ? provide(request) : originalLoad.call(this, request, parent, isMain);
  };
  Module._resolveFilename = function resolveFilename(request, parent, isMain, options) {
    if (isProvided(request)) return request;
    try {
      return originalResolve.call(this, request, parent, isMain, options);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND' || isPath(request)) throw error;
      return resolveElsewhere(request, folders, error);
    }
  };
}

/** A layer is a folder of packages itself, as Debian's `/usr/share/nodejs` is, so no `node_modules` is looked for in it. */
function resolveElsewhere(request, folders, notFound) {
  const found = Module._findPath(request, folders, false);
  if (found) return found;
  if (Object.prototype.hasOwnProperty.call(BROUGHT_ALONG, request)) return BROUGHT_ALONG[request];
  throw notFound;
}

function isPath(request) {
  return request.startsWith('.') || path.isAbsolute(request);
}

/**
 * The same order for `import`. Registered only for functions that are ES modules, because Node runs these
 * hooks in a thread of their own, which costs milliseconds to start.
 */
function installImportResolution(provided, layers, codeFolder) {
  if (typeof Module.register !== 'function') return;
  const packages = {};
  for (const name of Object.keys(provided)) packages[name] = exportNames(provided[name]());
  Module.register(pathToFileURL(path.join(__dirname, 'import-hooks.mjs')).href, {
    data: {
      packages,
      layers,
      broughtAlong: mapValues(BROUGHT_ALONG, (file) => pathToFileURL(file).href),
      requireFrom: path.join(codeFolder, 'index.js'),
    },
  });
}

function exportNames(exported) {
  return Object.keys(exported).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default');
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

module.exports = { installResolution, installImportResolution };
