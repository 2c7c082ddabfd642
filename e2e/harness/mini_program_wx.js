'use strict';

/** A `wx` for pages without a phone: requests, sockets and storage are real, everything else is written down. */

const { fakeWechat, withSockets } = require('../../sdk/client/test/fake-platforms');

const SYSTEM = {
  system: 'Android 14', platform: 'android', language: 'zh_CN', statusBarHeight: 20, screenHeight: 800, windowHeight: 700, windowWidth: 375,
  safeArea: { top: 20, bottom: 780 },
};

/** Takes every call and every property, and does nothing. A call of it is written down when it has a name. */
function quiet(shown, name) {
  return new Proxy(function nothing() {}, {
    get(_, key) {
      if (key === 'then' || typeof key === 'symbol') return undefined;
      return quiet(shown, `${name}.${key}`);
    },
    apply(_, __, values) {
      shown.push({ what: name, values: values.filter((value) => typeof value !== 'function') });
      return quiet(shown, name);
    },
  });
}

/** `confirms`: whoever is asked in a dialog says yes; otherwise nobody answers. */
function createWx(shown, { confirms = false } = {}) {
  const wx = withSockets(fakeWechat(), { wrapped: false });
  const { stored } = wx;
  Object.assign(wx, {
    getStorage({ key, success, fail, complete }) {
      if (key in stored) success && success({ data: stored[key], errMsg: 'getStorage:ok' });
      else fail && fail({ errMsg: 'getStorage:fail data not found' });
      if (complete) complete({});
    },
    setStorage({ key, data, success }) {
      stored[key] = data;
      if (success) success({ errMsg: 'setStorage:ok' });
    },
    clearStorage() {
      for (const key of Object.keys(stored)) delete stored[key];
    },
    getSystemInfo: ({ success }) => success(SYSTEM),
    getSystemInfoSync: () => SYSTEM,
    getAppBaseInfo: () => SYSTEM,
    getMenuButtonBoundingClientRect: () => ({ bottom: 56, top: 24, height: 32 }),
  });
  if (confirms) {
    wx.showModal = ({ success, ...rest }) => {
      shown.push({ what: 'wx.showModal', values: [rest] });
      success({ confirm: true, cancel: false });
    };
  }
  return new Proxy(wx, { get: (target, key) => (key in target || typeof key === 'symbol' ? target[key] : quiet(shown, `wx.${key}`)) });
}

module.exports = { createWx, quiet };
