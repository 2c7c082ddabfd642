'use strict';

/** A `my` for pages without a phone: requests and storage are real, who is asked in a dialog says yes, everything else is written down. */

const { fakeAlipay, withSockets } = require('../../sdk/client/test/fake-platforms');
const { quiet } = require('./mini_program_wx');

function createMy(shown) {
  const my = withSockets(fakeAlipay(), { wrapped: false });
  Object.assign(my, {
    getSystemInfoSync: () => ({ platform: 'Android', language: 'zh-Hans' }),
    confirm: ({ success, ...rest }) => {
      shown.push({ what: 'my.confirm', values: [rest] });
      success({ confirm: true });
    },
  });
  return new Proxy(my, { get: (target, key) => (key in target || typeof key === 'symbol' ? target[key] : quiet(shown, `my.${key}`)) });
}

module.exports = { createMy };
