'use strict';

/** Requests, files and storage in a browser or in Node, through `fetch`. */

const { networkProblem } = require('./transport');
const { messageText, once } = require('./sockets');
const { invalidParameter, notAvailable, PlatformProblem } = require('../../shared/problems');
const { nodeModule } = require('./host');

/** The `readyState` of a WebSocket that can be sent to. */
const OPEN = 1;

function createFetchTransport(scope) {
  return {
    name: 'fetch',
    request: async ({ url, method, headers, body, timeout }) => respond(scope, url, { method, headers, body }, timeout),

    async upload({ url, headers, cloudPath, file, timeout }) {
      const form = new scope.FormData();
      form.append('cloudPath', cloudPath);
      form.append('file', blobOf(scope, file), nameOf(cloudPath));
      return respond(scope, url, { method: 'POST', headers, body: form }, timeout);
    },

    async download({ url, filePath, timeout }) {
      return withTimeout(scope, timeout, async (signal) => {
        const response = await scope.fetch(url, { signal });
        if (!response.ok) return { status: response.status };
        return saveDownload(scope, response, url, filePath);
      });
    },

    /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
    openSocket(url, listener) {
      if (typeof scope.WebSocket !== 'function') {
        throw notAvailable('watch needs the global WebSocket: a browser or Node 22, or a package that is put into its place.', 'WATCH_NOT_AVAILABLE');
      }
      const socket = new scope.WebSocket(url);
      // An error is followed by the end of the connection, which has no reason of its own then.
      const close = once(listener.close);
      socket.onopen = () => listener.open();
      socket.onmessage = (event) => listener.message(messageText(event));
      socket.onerror = (event) => close(networkProblem((event && event.message) || 'The connection failed.', false));
      socket.onclose = (event) => close(networkProblem((event && event.reason) || `The connection was closed (${event && event.code}).`, false));
      return {
        send: (text) => {
          if (socket.readyState === OPEN) socket.send(text);
        },
        close: () => socket.close(),
      };
    },

    // A browser has no super-app that knows the user.
    credentials: async () => ({ platform: 'anonymous' }),
    storage: createStorage(scope),
  };
}

async function respond(scope, url, options, timeout) {
  return withTimeout(scope, timeout, async (signal) => {
    const response = await scope.fetch(url, Object.assign({ signal }, options));
    const headers = {};
    response.headers.forEach((value, name) => {
      headers[name.toLowerCase()] = value;
    });
    return { status: response.status, headers, text: await response.text() };
  });
}

async function withTimeout(scope, timeout, work) {
  const controller = new scope.AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeout);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (error instanceof PlatformProblem) throw error;
    throw networkProblem(timedOut ? `No answer within ${timeout} ms.` : error.message, timedOut);
  } finally {
    clearTimeout(timer);
  }
}

/** A File or Blob of the page; in Node also bytes or the path of a file. */
function blobOf(scope, file) {
  if (file instanceof scope.Blob) return file;
  if (typeof file === 'string' && nodeModule('fs') !== null) {
    try {
      return new scope.Blob([nodeModule('fs').readFileSync(file)]);
    } catch (error) {
      throw new PlatformProblem({ code: 'LOCAL_FILE_FAILED', detail: `The file ${file} cannot be read: ${error.message}` });
    }
  }
  if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) return new scope.Blob([file]);
  throw invalidParameter('uploadFile needs filePath: a File or Blob in a browser, a path or bytes in Node.');
}

function nameOf(cloudPath) {
  return cloudPath.slice(cloudPath.lastIndexOf('/') + 1);
}

async function saveDownload(scope, response, url, filePath) {
  const fs = nodeModule('fs');
  if (fs === null) {
    const address = scope.URL.createObjectURL(await response.blob());
    return { status: response.status, tempFilePath: address, filePath: address };
  }
  const target = filePath === undefined ? temporaryFile(url) : filePath;
  fs.writeFileSync(target, new Uint8Array(await response.arrayBuffer()));
  return { status: response.status, tempFilePath: target, filePath: target };
}

function temporaryFile(url) {
  const folder = nodeModule('fs').mkdtempSync(nodeModule('path').join(nodeModule('os').tmpdir(), 'sampan-'));
  return nodeModule('path').join(folder, decodeURIComponent(nameOf(new URL(url).pathname)) || 'file');
}

/** localStorage where there is one; a private window or Node keeps the session in memory. */
function createStorage(scope) {
  const memory = {};
  const local = usableLocalStorage(scope);
  if (local !== null) {
    return { get: (key) => local.getItem(key), set: (key, value) => local.setItem(key, value), remove: (key) => local.removeItem(key) };
  }
  return {
    get: (key) => (key in memory ? memory[key] : null),
    set: (key, value) => {
      memory[key] = value;
    },
    remove: (key) => {
      delete memory[key];
    },
  };
}

function usableLocalStorage(scope) {
  // In Node, reading the global is a warning or an error; sessions of a program live as long as it does.
  if (nodeModule('fs') !== null) return null;
  try {
    const local = scope.localStorage;
    local.setItem('sampan.probe', '1');
    local.removeItem('sampan.probe');
    return local;
  } catch (error) {
    console.info(`The session is kept in memory, because localStorage cannot be used: ${error.message}`);
    return null;
  }
}

module.exports = { createFetchTransport };
