'use strict';

/** The environment variables that code written for Alipay's and Tencent's runtimes reads. */

function platformVariables(settings) {
  return {
    SAMPAN_ENV: settings.env,
    SAMPAN_FUNCTION: settings.function,
    SAMPAN_FUNCTION_VERSION: settings.versionText,
    RUNTIME_ENV_ID: settings.env,
    RUNTIME_FUNCTION_NAME: settings.function,
    RUNTIME_FUNCTION_INSTANCE_ID: `worker-${process.pid}`,
    TENCENTCLOUD_RUNENV: 'SCF',
    TCB_ENV: settings.env,
    SCF_NAMESPACE: settings.env,
    SCF_FUNCTIONNAME: settings.function,
    SCF_FUNCTIONVERSION: settings.versionText,
  };
}

/** The function's own variables win over the platform's. */
function setEnvironment(settings) {
  const variables = Object.assign(platformVariables(settings), settings.environment);
  for (const name of Object.keys(variables)) {
    if (variables[name] !== undefined && variables[name] !== null) process.env[name] = String(variables[name]);
  }
}

module.exports = { setEnvironment };
