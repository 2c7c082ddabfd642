'use strict';

/** Finds the function that a handler name like `index.main` means, in all the ways such code is written. */

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');

const EXTENSIONS = ['', '.js', '.cjs', '.mjs', '/index.js', '/index.cjs', '/index.mjs'];

class HandlerError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'HandlerError';
    this.code = code;
  }
}

function splitHandler(handler) {
  const dot = handler.lastIndexOf('.');
  return dot <= 0 ? { file: handler, exported: 'main' } : { file: handler.slice(0, dot), exported: handler.slice(dot + 1) };
}

function findEntry(codeFolder, file) {
  for (const extension of EXTENSIONS) {
    const candidate = path.join(codeFolder, file + extension);
    if (fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) return candidate;
  }
  const present = fs.readdirSync(codeFolder).slice(0, 20).join(', ');
  throw new HandlerError(
    'HANDLER_FILE_NOT_FOUND',
    `The handler names the file "${file}", but there is no ${file}.js (or .cjs, .mjs) in the function's folder. ` +
      `It has: ${present || 'nothing'}.`,
  );
}

function isModule(entry, codeFolder) {
  if (entry.endsWith('.mjs')) return true;
  if (!entry.endsWith('.js')) return false;
  for (let folder = path.dirname(entry); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
    if (folder === codeFolder || folder === path.dirname(folder)) return false;
  }
}

/**
 * Loads the entry and answers `{style, call}`: `event` functions are called with (event, context, callback),
 * `emas` functions (`module.exports = async ctx => …`) with one argument.
 */
async function loadHandler(codeFolder, handler, beforeImport) {
  const { file, exported } = splitHandler(handler);
  const entry = findEntry(codeFolder, file);
  let loaded;
  if (isModule(entry, codeFolder)) {
    beforeImport();
    loaded = await import(pathToFileURL(entry).href);
  } else {
    loaded = createRequire(path.join(codeFolder, 'sampan-entry.js'))(entry);
  }
  return pickHandler(loaded, exported, path.relative(codeFolder, entry));
}

function pickHandler(loaded, exported, entry) {
  const fallback = loaded && loaded.default;
  for (const holder of [loaded, fallback]) {
    if (holder && typeof holder[exported] === 'function') return { style: 'event', call: holder[exported].bind(holder) };
  }
  if (typeof loaded === 'function') return { style: 'emas', call: loaded };
  if (typeof fallback === 'function') return { style: 'emas', call: fallback };
  const names = Object.keys(loaded || {}).join(', ');
  throw new HandlerError(
    'HANDLER_NOT_FOUND',
    `${entry} does not export a function "${exported}" (exports.${exported} = async (event, context) => …). ` +
      `It exports: ${names || 'nothing'}.`,
  );
}

module.exports = { loadHandler, splitHandler };
