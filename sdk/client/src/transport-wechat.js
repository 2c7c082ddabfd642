'use strict';

/** Requests, files, login and storage through WeChat's global `wx`. */

const { networkProblem, headersInLowerCase, asText } = require('./transport');
const { taskSocket, once } = require('./sockets');

function createWechatTransport(wx) {
  return {
    name: 'wechat',

    request({ url, method, headers, body, timeout }) {
      return new Promise((resolve, reject) => {
        wx.request({
          url, method, data: body, timeout, header: headers,
          // Not `json`: answers are parsed in one place, with their typed values.
          dataType: 'text', responseType: 'text',
          success: (result) => resolve(responseOf(result)),
          fail: (failure) => reject(problemOf(failure)),
        });
      });
    },

    upload({ url, headers, cloudPath, file, timeout, onStart }) {
      return new Promise((resolve, reject) => {
        const task = wx.uploadFile({
          url, filePath: file, name: 'file', formData: { cloudPath }, header: headers, timeout,
          success: (result) => resolve(responseOf(result)),
          fail: (failure) => reject(problemOf(failure)),
        });
        if (onStart && task) onStart(task);
      });
    },

    download({ url, filePath, timeout }) {
      return new Promise((resolve, reject) => {
        const options = {
          url, timeout,
          success: (result) => resolve({
            status: result.statusCode, tempFilePath: result.tempFilePath || result.filePath, filePath: result.filePath || result.tempFilePath,
          }),
          fail: (failure) => reject(problemOf(failure)),
        };
        if (filePath !== undefined) options.filePath = filePath;
        wx.downloadFile(options);
      });
    },

    credentials() {
      return new Promise((resolve, reject) => {
        wx.login({
          success: (result) => resolve({ platform: 'wechat', code: result.code }),
          fail: (failure) => reject(problemOf(failure)),
        });
      });
    },

    /** `listener` has `open()`, `message(text)` and `close(problem)`; answers `{send(text), close()}`. */
    openSocket(url, listener) {
      const close = once(listener.close);
      const task = wx.connectSocket({ url, fail: (failure) => close(problemOf(failure)) });
      return taskSocket(task, listener, close, (failure) => problemOf(failure));
    },

    storage: {
      get: (key) => wx.getStorageSync(key) || null,
      set: (key, value) => wx.setStorageSync(key, value),
      remove: (key) => wx.removeStorageSync(key),
    },
  };
}

function responseOf(result) {
  return { status: result.statusCode, headers: headersInLowerCase(result.header), text: asText(result.data) };
}

function problemOf(failure) {
  const message = (failure && failure.errMsg) || 'The request failed.';
  return networkProblem(message, /time ?out/i.test(message));
}

module.exports = { createWechatTransport };
