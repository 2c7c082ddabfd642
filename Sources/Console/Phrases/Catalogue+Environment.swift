internal import Kernel

extension Catalogue {
    /// The list of environments.
    static let environments: [String: Localized] = [
        "environments": Localized("Environments", zh: "环境"),
        "environmentsLead": Localized(
            "Each has its own functions, database, files and keys. One for trying out and one for customers is a good beginning.",
            zh: "每个环境拥有独立的云函数、数据库、文件与密钥。建议至少区分测试与正式两个环境。"),
        "createdOn": Localized("created", zh: "创建于"),
        "destroyedOn": Localized("Deleted; nothing is left of it after", zh: "已删除，将彻底清除于"),
        "noEnvironmentsForYou": Localized(
            "Nobody has given you a role in one. Ask an owner or admin of your organization.", zh: "您还没有可访问的环境，请联系组织的所有者或管理员授权。"),
        "restore": Localized("Restore", zh: "恢复环境"),
        "stage": Localized("Stage", zh: "用途"),
        "open": Localized("Open", zh: "进入"),
        "openShop": Localized("Open the sample shop", zh: "打开示例小店"),
        "deploySample": Localized("Deploy the sample shop", zh: "部署示例小店"),
        "deploying": Localized("Deploying…", zh: "正在部署…"),
        "newEnvironment": Localized("New environment", zh: "新建环境"),
        "newEnvironmentHint": Localized("Up to 60 characters.", zh: "至多 60 个字符。"),
        "environmentName": Localized("Name of the environment", zh: "环境名称"),
        "environmentNameExample": Localized("Shop, production", zh: "小店 · 正式"),
        "fromCommandLine": Localized("From the command line", zh: "使用命令行"),
        "stepInstall": Localized("Have the command line", zh: "准备命令行"),
        "stepInstallText": Localized(
            "The program that serves this page is also the command line. In the checkout that built it:",
            zh: "提供本页面的程序就是命令行工具。在构建它的源码目录执行："),
        "stepLogin": Localized("Log in", zh: "登录"),
        "stepLoginText": Localized(
            "It asks for a key: the operator's, or one that an environment's page made.", zh: "按提示输入管理员密钥，或在环境页面创建的密钥。"),
        "stepDeploy": Localized("Deploy", zh: "部署"),
        "stepDeployText": Localized(
            "In the folder of a WeChat or Alipay mini program. Its cloud functions run as they are.",
            zh: "在微信或支付宝小程序的项目目录执行，云函数无需改动。"),
    ]

    /// The first page of an environment.
    static let home: [String: Localized] = [
        "home": Localized("Home", zh: "首页"),
        "welcome": Localized("Begin with a shop that works", zh: "从一个可用的小店开始"),
        "welcomeText": Localized(
            "The sample shop has goods, a bag, orders and members. It deploys in seconds, and everything in it is yours to change.",
            zh: "示例小店包含商品、购物袋、订单与会员，几秒即可部署，所有内容都可以自由修改。"),
        "deployOwn": Localized("Deploy my own functions", zh: "部署自己的云函数"),
        "lastHour": Localized("The last hour", zh: "最近一小时"),
        "runs": Localized("Runs", zh: "调用次数"),
        "failures": Localized("Failures", zh: "失败次数"),
        "slowestOfTwenty": Localized("19 of 20 are faster than", zh: "95% 调用耗时低于"),
        "needsAttention": Localized("Needs attention", zh: "需要关注"),
        "allIsWell": Localized("No function failed in the last hour.", zh: "最近一小时没有云函数失败。"),
        "failuresOfHour": Localized("failed in the last hour", zh: "次失败（最近一小时）"),
        "activityUnavailable": Localized("The runs cannot be read now.", zh: "暂时无法读取调用记录。"),
        "warnSuspended": Localized("The environment is suspended: it answers nobody.", zh: "环境已停用，不响应任何请求。"),
        "warnNoSecret": Localized(
            "A platform's app id is set, but not its secret: customers cannot log in.", zh: "已设置平台 AppID 但未设置密钥，用户无法登录。"),
        "warnDevelopmentLogin": Localized(
            "Development login is on: anyone may log in under any name.", zh: "开发登录已开启：任何人都可以用任意身份登录。"),
        "firstSteps": Localized("First steps", zh: "快速上手"),
        "stepFunctions": Localized("Deploy functions", zh: "部署云函数"),
        "stepFunctionsText": Localized("The sample shop, or the folder of your mini program.", zh: "部署示例小店，或自己的小程序项目。"),
        "stepCollections": Localized("Have data", zh: "准备数据"),
        "stepCollectionsText": Localized("Make a collection and put the first documents into it.", zh: "创建集合并写入第一批文档。"),
        "stepPlatform": Localized("Connect WeChat or Alipay", zh: "接入微信或支付宝"),
        "stepPlatformText": Localized("App id and secret, so that real customers can log in.", zh: "设置 AppID 与密钥，真实用户才能登录。"),
        "stepKey": Localized("Make a key for deploying", zh: "创建部署密钥"),
        "stepKeyText": Localized("One for each machine and each colleague, so that it can be revoked alone.", zh: "每台机器、每位同事一个，便于单独吊销。"),
        "stepDevelopmentLogin": Localized("Turn development login off", zh: "关闭开发登录"),
        "stepDevelopmentLoginText": Localized("Before real customers come.", zh: "在真实用户到来之前。"),
    ]

    /// Platforms, logins, network and variables.
    static let settings: [String: Localized] = [
        "settings": Localized("Settings", zh: "设置"),
        "thisEnvironment": Localized("This environment", zh: "环境信息"),
        "environmentIsDeleted": Localized("This environment is deleted and answers nobody.", zh: "该环境已删除，不响应任何请求。"),
        "restorableUntil": Localized("It can be restored until", zh: "可恢复至"),
        "stopping": Localized("Suspend or delete", zh: "停用与删除"),
        "suspendEnvironment": Localized("Suspend the environment", zh: "停用环境"),
        "suspendEnvironmentText": Localized(
            "Functions, database and files answer nobody until it is resumed. Everything stays as it is.", zh: "停用后云函数、数据库与文件不再响应请求，恢复前内容保持不变。"),
        "confirmSuspendEnvironment": Localized("Suspend this environment? Its mini programs stop working at once.", zh: "确定停用该环境？使用它的小程序将立即无法工作。"),
        "deleteEnvironment": Localized("Delete the environment", zh: "删除环境"),
        "confirmDeleteEnvironment": Localized(
            "Delete this environment? It stops at once. Until the period of grace is over it can be restored here.",
            zh: "确定删除该环境？删除后立即停止服务，宽限期内可在此恢复。"),
        "typeTheName": Localized("To confirm, type", zh: "输入名称以确认："),
        "platforms": Localized("Platforms", zh: "平台接入"),
        "platformsText": Localized(
            "With these, customers log in and functions use the platform's open API. Secrets are stored sealed and never shown again.",
            zh: "用于用户登录以及云函数调用平台开放接口。密钥加密保存，之后不再显示。"),
        "wechat": Localized("WeChat", zh: "微信"),
        "alipay": Localized("Alipay", zh: "支付宝"),
        "wechatID": Localized("WeChat app id", zh: "微信小程序 AppID"),
        "wechatSecret": Localized("App secret", zh: "AppSecret"),
        "alipayID": Localized("Alipay app id", zh: "支付宝小程序 AppID"),
        "alipaySecret": Localized("App private key", zh: "应用私钥"),
        "alipayPublicKey": Localized("Alipay's public key", zh: "支付宝公钥"),
        "secretHint": Localized("Leave it empty to keep what is set.", zh: "留空则保留已设置的内容。"),
        "secretSet": Localized("secret set", zh: "已设置密钥"),
        "publicKeySet": Localized("public key set", zh: "已设置公钥"),
        "loginAndNetwork": Localized("Logins and network", zh: "登录与网络"),
        "developmentLogin": Localized("Development login", zh: "开发登录"),
        "developmentLoginText": Localized(
            "Anyone may log in under any name. Turn it off before real customers come.", zh: "任何人都可以用任意身份登录，正式使用前请关闭。"),
        "anonymousLogin": Localized("Anonymous login", zh: "匿名登录"),
        "anonymousLoginText": Localized("Visitors may come without a name.", zh: "访客无需身份即可使用。"),
        "internet": Localized("Functions reach the internet", zh: "云函数访问外网"),
        "internetText": Localized("The server's own network stays out of reach either way.", zh: "无论是否开启，云函数都无法访问服务器内网。"),
        "turnOn": Localized("Turn on", zh: "开启"),
        "turnOff": Localized("Turn off", zh: "关闭"),
        "variables": Localized("Environment variables", zh: "环境变量"),
        "noVariables": Localized("No variables yet", zh: "还没有环境变量"),
        "noVariablesText": Localized(
            "Every function reads them from process.env. Their values are stored sealed and never shown.",
            zh: "所有云函数都可从 process.env 读取。变量值加密保存，不再显示。"),
        "setVariable": Localized("Set", zh: "设置变量"),
        "confirmRemoveVariable": Localized("Remove this variable? Functions no longer see it.", zh: "确定移除该变量？云函数将无法再读取。"),
    ]

    /// Keys of an environment.
    static let keys: [String: Localized] = [
        "keys": Localized("Keys", zh: "密钥"),
        "noKeys": Localized("No keys yet", zh: "还没有密钥"),
        "noKeysText": Localized(
            "Give each machine that deploys, and each colleague, a key of their own: it opens this environment only and can be revoked alone.",
            zh: "建议为每台部署机器、每位同事单独创建密钥：密钥仅能访问本环境，且可单独吊销。"),
        "noKeysHow": Localized("Name one above and create it; it is shown once.", zh: "在上方填写名称并创建，密钥只显示一次。"),
        "managementKey": Localized("Management: deploy and manage", zh: "管理密钥：部署与管理"),
        "accessKey": Localized("Access: Alipay's function gateway", zh: "访问密钥：支付宝云函数网关"),
        "keyName": Localized("Name of the new key", zh: "新密钥名称"),
        "keyNameExample": Localized("CI, or who it is for", zh: "例如：CI、使用者姓名"),
        "createKey": Localized("Create a key", zh: "创建密钥"),
        "revoke": Localized("Revoke", zh: "吊销"),
        "confirmRevoke": Localized("Revoke this key? Whoever uses it is locked out at once.", zh: "确定吊销该密钥？使用者将立即失去访问权限。"),
    ]
}
