'use strict';

/** Requests, files, login and storage through Alipay's global `my`. */

const { networkProblem, headersInLowerCase, asText } = require('./transport');
const { taskSocket, messageText, once } = require('./sockets');
const { PlatformProblem } = require('../../shared/problems');

const TIMED_OUT = 13;

// Older versions of Alipay insist on knowing the kind of a file.
const FILE_TYPES = { image: /\.(png|jpe?g|gif|webp|bmp)$/i, video: /\.(mp4|mov|m4v)$/i, audio: /\.(mp3|m4a|wav|aac)$/i };

function createAlipayTransport(my) {
  return {
    name: 'alipay',

    request({ url, method, headers, body, timeout }) {
      return new Promise((resolve, reject) => {
        my.request({
          url, method, data: body, timeout, headers, dataType: 'text',
          success: (result) => resolve(responseOf(result)),
          fail: (failure) => answerOrProblem(failure, resolve, reject),
        });
      });
    },

    upload({ url, headers, cloudPath, file, fileType, timeout, onStart }) {
      return new Promise((resolve, reject) => {
        const options = {
          // `fileName` is the name of the form's field here.
          url, filePath: file, fileName: 'file', name: 'file', formData: { cloudPath }, header: headers, headers, timeout,
          success: (result) => resolve(responseOf(result)),
          fail: (failure) => answerOrProblem(failure, resolve, reject),
        };
        const kind = fileType || fileTypeOf(cloudPath);
        if (kind !== undefined) options.fileType = kind;
        const task = my.uploadFile(options);
        if (onStart && task) onStart(task);
      });
    },

    download({ url, filePath, timeout }) {
      return new Promise((resolve, reject) => {
        const options = {
          url, timeout,
          success: (result) => {
            const saved = result.tempFilePath || result.apFilePath || result.filePath;
            resolve({ status: result.statusCode || result.status || 200, tempFilePath: saved, filePath: result.filePath || saved });
          },
          fail: (failure) => reject(problemOf(failure)),
        };
        if (filePath !== undefined) options.filePath = filePath;
        my.downloadFile(options);
      });
    },

    credentials() {
      return new Promise((resolve, reject) => {
        my.getAuthCode({
          // Silent: asks the user for nothing.
          scopes: 'auth_base',
          success: (result) => resolve({ platform: 'alipay', code: result.authCode }),
          fail: (failure) => reject(problemOf(failure)),
        });
      });
    },

    /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
    openSocket(url, listener) {
      const close = once(listener.close);
      // Versions that know `multiple` answer a task; in older ones an app has one socket, the platform's.
      const task = my.connectSocket({ url, multiple: true, success: () => {}, fail: (failure) => close(problemOf(failure)) });
      if (task && typeof task.onMessage === 'function') return taskSocket(task, listener, close, problemOf);
      return platformSocket(my, listener, close);
    },

    storage: {
      get: (key) => my.getStorageSync({ key }).data || null,
      set: (key, value) => my.setStorageSync({ key, data: value }),
      remove: (key) => my.removeStorageSync({ key }),
    },
  };
}

/** The one socket that an app has where there are no tasks. */
function platformSocket(my, listener, close) {
  const handlers = {
    Open: () => listener.open(),
    Message: (event) => listener.message(messageText(event)),
    Close: (event) => ended(networkProblem((event && event.reason) || 'The connection was closed.', false)),
    Error: (failure) => ended(problemOf(failure)),
  };
  function ended(problem) {
    // The events are the app's, not the socket's: a later socket must not be heard twice.
    for (const name of Object.keys(handlers)) {
      if (typeof my[`offSocket${name}`] === 'function') my[`offSocket${name}`](handlers[name]);
    }
    close(problem);
  }
  for (const name of Object.keys(handlers)) my[`onSocket${name}`](handlers[name]);
  return {
    send: (text) => my.sendSocketMessage({ data: text, fail: (failure) => ended(problemOf(failure)) }),
    close: () => {
      ended(networkProblem('The connection was closed.', false));
      my.closeSocket({});
    },
  };
}

function fileTypeOf(cloudPath) {
  return Object.keys(FILE_TYPES).find((type) => FILE_TYPES[type].test(cloudPath));
}

function responseOf(result) {
  const headers = headersInLowerCase(result.headers || result.header);
  return { status: result.status || result.statusCode || 200, headers, text: asText(result.data) };
}

/** Alipay calls answers outside of 2xx failures; they carry the server's status and body all the same. */
function answerOrProblem(failure, resolve, reject) {
  const status = failure && (failure.status || failure.statusCode);
  if (typeof status === 'number' && status >= 400) resolve(responseOf(failure));
  else reject(problemOf(failure));
}

function problemOf(failure) {
  const given = failure || {};
  const message = given.errorMessage || 'The request failed.';
  // Problems with local files have numbers of their own that pages rely on.
  if (/file.*(permission|denied)/i.test(message)) return new PlatformProblem({ code: 'LOCAL_FILE_DENIED', detail: message });
  if (/file.*(not exist|not found|missing)/i.test(message)) return new PlatformProblem({ code: 'LOCAL_FILE_FAILED', detail: message });
  return networkProblem(`${message} (${given.error === undefined ? 'no code' : given.error})`, given.error === TIMED_OUT);
}

module.exports = { createAlipayTransport };
