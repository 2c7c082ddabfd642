'use strict';

/** Stand-ins for the globals `wx` and `my`, as far as the SDK uses them; requests really go out. */

const fs = require('fs');

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

module.exports = { fakeWechat, fakeAlipay };
