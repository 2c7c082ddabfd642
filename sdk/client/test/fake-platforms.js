'use strict';

/** Stand-ins for the globals `wx` and `my`, as far as the SDK uses them; requests really go out. */

const fs = require('fs');
const { FakeWebSocket } = require('./websocket');

async function send(url, method, headers, body) {
  const response = await fetch(url, { method, headers, body });
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
}

function formOf(cloudPath, filePath) {
  const form = new FormData();
  form.append('cloudPath', cloudPath);
  form.append('file', new Blob([fs.readFileSync(filePath)]), 'f');
  return form;
}

function fakeWechat() {
  const stored = {};
  const log = { logins: 0, aborted: 0, progress: 0 };
  const wx = {
    log,
    stored,
    cloud: { init() {}, callFunction: () => Promise.reject(new Error('the old cloud')) },
    login({ success }) {
      log.logins += 1;
      setTimeout(() => success({ code: `wx-code-${log.logins}`, errMsg: 'login:ok' }), 1);
    },
    request({ url, method, header, data, dataType, success, fail }) {
      if (dataType !== 'text') throw new Error('answers must be asked for as text');
      send(url, method, header, data).then(
        (answer) => success({ statusCode: answer.status, header: { 'X-Request-Id': answer.headers['x-request-id'], 'Retry-After': answer.headers['retry-after'] || '' }, data: answer.text }),
        (error) => fail({ errMsg: `request:fail ${error.message}` }),
      );
    },
    uploadFile({ url, filePath, name, formData, header, success, fail }) {
      if (name !== 'file') throw new Error('the field is named file');
      send(url, 'POST', header, formOf(formData.cloudPath, filePath)).then(
        (answer) => success({ statusCode: answer.status, data: answer.text }),
        (error) => fail({ errMsg: `uploadFile:fail ${error.message}` }),
      );
      return {
        onProgressUpdate: (listener) => {
          log.progress += 1;
          listener({ progress: 100 });
        },
        abort: () => {
          log.aborted += 1;
        },
      };
    },
    downloadFile({ url, success, fail }) {
      fetch(url).then((response) => success({ statusCode: response.status, tempFilePath: `wxfile://${new URL(url).pathname}` }), (error) => fail({ errMsg: error.message }));
    },
    getStorageSync: (key) => (key in stored ? stored[key] : ''),
    setStorageSync: (key, value) => {
      stored[key] = value;
    },
    removeStorageSync: (key) => {
      delete stored[key];
    },
  };
  return wx;
}

function fakeAlipay() {
  const stored = {};
  let codes = 0;
  return {
    stored,
    cloud: {},
    getAuthCode({ scopes, success }) {
      if (scopes !== 'auth_base') throw new Error('a silent login asks for auth_base');
      codes += 1;
      success({ authCode: `my-code-${codes}` });
    },
    // As in Alipay, everything outside of 2xx is a failure with error 19.
    request({ url, method, headers, data, success, fail }) {
      send(url, method, headers, data).then(
        (answer) => (answer.status < 400 ? success({ status: answer.status, headers: answer.headers, data: answer.text })
          : fail({ error: 19, errorMessage: 'http status error', status: answer.status, headers: answer.headers, data: answer.text })),
        () => fail({ error: 12, errorMessage: 'network error' }),
      );
    },
    uploadFile({ url, filePath, fileName, formData, header, success, fail }) {
      if (fileName !== 'file') throw new Error('the field is named file');
      if (!fs.existsSync(filePath)) {
        fail({ error: 11, errorMessage: 'file does not exist' });
        return;
      }
      send(url, 'POST', header, formOf(formData.cloudPath, filePath)).then(
        (answer) => success({ statusCode: answer.status, data: answer.text, header: {} }),
        () => fail({ error: 12, errorMessage: 'network error' }),
      );
    },
    downloadFile({ url, success }) {
      success({ apFilePath: `https://resource/${new URL(url).pathname}` });
    },
    getStorageSync: ({ key }) => ({ data: key in stored ? stored[key] : null }),
    setStorageSync: ({ key, data }) => {
      stored[key] = data;
    },
    removeStorageSync: ({ key }) => {
      delete stored[key];
    },
  };
}

/** Gives a platform sockets that are tasks. `wrapped`: messages come in one more object, as in some versions of Alipay. */
function withSockets(platform, { wrapped }) {
  platform.sockets = [];
  platform.connectSocket = ({ url, multiple }) => {
    const socket = new FakeWebSocket(url);
    const on = (name) => (handler) => {
      socket[name] = name !== 'onmessage' ? handler : ({ data }) => handler(wrapped ? { data: { data, isBuffer: false } } : { data });
    };
    const task = {
      multiple, onOpen: on('onopen'), onMessage: on('onmessage'), onClose: on('onclose'), onError: on('onerror'),
      send: ({ data, fail }) => (socket.readyState === 1 ? socket.send(data) : fail({ errMsg: 'sendSocketMessage:fail not open', errorMessage: 'not open', error: 10 })),
      close: () => socket.close(),
    };
    platform.sockets.push(task);
    return task;
  };
  return platform;
}

/** Gives an older Alipay the one socket of an app, whose events are the app's. */
function withPlatformSocket(my) {
  let socket = null;
  my.handlers = { Open: [], Message: [], Close: [], Error: [] };
  for (const name of Object.keys(my.handlers)) {
    my[`onSocket${name}`] = (handler) => my.handlers[name].push(handler);
    my[`offSocket${name}`] = (handler) => {
      my.handlers[name] = my.handlers[name].filter((one) => one !== handler);
    };
  }
  const tell = (name, value) => my.handlers[name].slice().forEach((handler) => handler(value));
  my.connectSocket = ({ url }) => {
    const opened = new FakeWebSocket(url);
    socket = opened;
    opened.onopen = () => tell('Open', {});
    opened.onmessage = ({ data }) => tell('Message', { data, isBuffer: false });
    opened.onclose = () => tell('Close', {});
    opened.onerror = ({ message }) => tell('Error', { error: 1, errorMessage: message });
  };
  my.sendSocketMessage = ({ data, fail }) => (socket.readyState === 1 ? socket.send(data) : fail({ error: 10, errorMessage: 'not open' }));
  my.closeSocket = () => socket.close();
  return my;
}

module.exports = { fakeWechat, fakeAlipay, withSockets, withPlatformSocket };
