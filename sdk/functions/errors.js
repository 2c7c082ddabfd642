'use strict';

/** How something that user code threw travels to the server: `{name, message, code, stack, package?}`. */

const MAXIMUM_TEXT = 16 * 1024;

function describeError(thrown) {
  const described = isErrorLike(thrown) ? fromError(thrown) : fromValue(thrown);
  const missing = missingPackage(thrown);
  if (missing !== null) {
    described.package = missing;
    described.message = missingPackageMessage(missing);
  }
  return described;
}

function isErrorLike(thrown) {
  return typeof thrown === 'object' && thrown !== null && typeof thrown.message === 'string';
}

function fromError(error) {
  return {
    name: shortened(String(error.name || 'Error')),
    message: shortened(error.message),
    code: codeOf(error),
    stack: shortened(typeof error.stack === 'string' ? error.stack : ''),
  };
}

function fromValue(thrown) {
  return { name: 'Error', message: shortened(textOf(thrown)), code: codeOf(thrown), stack: '' };
}

function textOf(thrown) {
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown === 'object' && thrown !== null) {
    if (typeof thrown.errMsg === 'string') return thrown.errMsg;
    try {
      return JSON.stringify(thrown);
    } catch (error) {
      return `a value that is not JSON (${error.message})`;
    }
  }
  return String(thrown);
}

function codeOf(thrown) {
  if (typeof thrown !== 'object' || thrown === null) return '';
  const code = thrown.code !== undefined ? thrown.code : thrown.errCode;
  return code === undefined || code === null ? '' : shortened(String(code));
}

function shortened(text) {
  return text.length > MAXIMUM_TEXT ? `${text.slice(0, MAXIMUM_TEXT)}…` : text;
}

/** The package that could not be found, or null when this is another error. */
function missingPackage(error) {
  if (typeof error !== 'object' || error === null) return null;
  if (error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_MODULE_NOT_FOUND') return null;
  const named = /Cannot find (?:module|package) '([^']+)'/.exec(String(error.message));
  if (named === null) return null;
  return packageOf(named[1]);
}

/** `a/b/c` → `a`, `@x/y/z` → `@x/y`; null for paths, which are files of the function and not packages. */
function packageOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('file:')) return null;
  const segments = specifier.split('/');
  return specifier.startsWith('@') && segments.length > 1 ? `${segments[0]}/${segments[1]}` : segments[0];
}

function missingPackageMessage(name) {
  return `The package "${name}" is missing. Put it into the function's folder with \`npm install ${name}\` ` +
    '(so that it lies in node_modules there) and deploy again, or ask for it to be added to the base layer.';
}

module.exports = { describeError, packageOf };
