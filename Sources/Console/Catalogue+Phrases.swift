internal import Kernel

extension Catalogue {
    /// What surrounds every page, signing in, and errors.
    static let frame: [String: Localized] = [
        "skipToContent": Localized("Skip to the content", zh: "跳到正文"),
        "whereYouAre": Localized("Where you are", zh: "当前位置"),
        "onThisPage": Localized("On this page", zh: "本页内容"),
        "otherLanguageName": Localized("中文", zh: "English"),
        "signIn": Localized("Sign in", zh: "登录"),
        "signOut": Localized("Sign out", zh: "退出"),
        "signedIn": Localized("You are signed in", zh: "已登录"),
        "continue": Localized("Continue", zh: "继续"),
        "signInTitle": Localized("Sampan console", zh: "Sampan 控制台"),
        "signInLead": Localized(
            "The server printed a sign-in link when it started. It works once; after that, use the operator's key.",
            zh: "服务启动时会输出登录链接，仅可使用一次；之后请用管理员密钥登录。"),
        "operatorKey": Localized("Operator's key or sign-in token", zh: "管理员密钥或登录令牌"),
        "operatorKeyHint": Localized(
            "The key is in the file operator.key of the data folder.", zh: "密钥保存在数据目录的 operator.key 文件中。"),
        "linkRefused": Localized(
            "This sign-in link was already used, or the server was restarted since. Sign in with the operator's key.",
            zh: "该登录链接已被使用，或服务已重启。请改用管理员密钥登录。"),
        "keyRefused": Localized(
            "This is not the operator's key. Compare it with the file operator.key of the data folder; keys of an environment do not open the console.",
            zh: "密钥不正确。请核对数据目录中的 operator.key 文件；环境密钥不能登录控制台。"),
        "requestID": Localized("Request", zh: "请求编号"),
        "backToEnvironments": Localized("Back to the environments", zh: "返回环境列表"),
        "copy": Localized("Copy", zh: "复制"),
        "copied": Localized("Copied", zh: "已复制"),
        "copyByHand": Localized("Selected", zh: "已选中"),
        "accessKeyID": Localized("Access key id", zh: "AccessKey ID"),
        "secret": Localized("Secret", zh: "密钥内容"),
    ]

    /// The list of environments.
    static let environments: [String: Localized] = [
        "environments": Localized("Environments", zh: "环境"),
        "environmentsLead": Localized(
            "Each has its own functions, database, files and keys. One for trying out and one for customers is a good beginning.",
            zh: "每个环境拥有独立的云函数、数据库、文件与密钥。建议至少区分测试与正式两个环境。"),
        "createdOn": Localized("created", zh: "创建于"),
        "destroyedOn": Localized("Deleted; nothing is left of it after", zh: "已删除，将彻底清除于"),
        "open": Localized("Open", zh: "进入"),
        "openShop": Localized("Open the sample shop", zh: "打开示例小店"),
        "deploySample": Localized("Deploy the sample shop", zh: "部署示例小店"),
        "deploying": Localized("Deploying…", zh: "正在部署…"),
        "newEnvironment": Localized("New environment", zh: "新建环境"),
        "newEnvironmentHint": Localized("Up to 60 characters.", zh: "至多 60 个字符。"),
        "environmentName": Localized("Name", zh: "名称"),
        "environmentNameExample": Localized("Shop, production", zh: "小店 · 正式"),
        "create": Localized("Create", zh: "创建"),
        "firstSteps": Localized("First steps", zh: "快速上手"),
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

    /// One environment.
    static let environment: [String: Localized] = [
        "functions": Localized("Functions", zh: "云函数"),
        "collections": Localized("Collections", zh: "集合"),
        "keys": Localized("Keys", zh: "密钥"),
        "settings": Localized("Settings", zh: "设置"),
        "name": Localized("Name", zh: "名称"),
        "version": Localized("Version", zh: "版本"),
        "updated": Localized("Updated", zh: "更新时间"),
        "created": Localized("Created", zh: "创建时间"),
        "triggers": Localized("Triggers", zh: "触发器"),
        "documents": Localized("Documents", zh: "文档数"),
        "permission": Localized("Permission", zh: "权限"),
        "kind": Localized("Kind", zh: "类型"),
        "noFunctions": Localized("No functions yet", zh: "还没有云函数"),
        "noFunctionsText": Localized(
            "Deploy them from the folder of your mini program, or begin with the sample shop and change it.",
            zh: "在小程序项目目录执行以下命令即可部署；也可以先部署示例小店，再按需修改。"),
        "noCollections": Localized("No collections yet", zh: "还没有集合"),
        "noCollectionsText": Localized(
            "A collection holds the documents of one kind: goods, orders. Functions can create them, and so can you:",
            zh: "集合用于存放同一类文档，例如商品、订单。可由云函数创建，也可以自己创建："),
        "noKeys": Localized("No keys yet", zh: "还没有密钥"),
        "noKeysText": Localized(
            "Give each machine that deploys, and each colleague, a key of their own: it opens this environment only and can be revoked alone.",
            zh: "建议为每台部署机器、每位同事单独创建密钥：密钥仅能访问本环境，且可单独吊销。"),
        "managementKey": Localized("Management: deploy and manage", zh: "管理密钥：部署与管理"),
        "accessKey": Localized("Access: Alipay's function gateway", zh: "访问密钥：支付宝云函数网关"),
        "keyName": Localized("Name of the new key", zh: "新密钥名称"),
        "keyNameExample": Localized("CI, or who it is for", zh: "例如：CI、使用者姓名"),
        "createKey": Localized("Create a key", zh: "创建密钥"),
        "revoke": Localized("Revoke", zh: "吊销"),
        "confirmRevoke": Localized("Revoke this key? Whoever uses it is locked out at once.", zh: "确定吊销该密钥？使用者将立即失去访问权限。"),
        "developmentLogin": Localized("Development login", zh: "开发登录"),
        "developmentLoginText": Localized(
            "Anyone may log in under any name. Turn it off before real customers come.", zh: "任何人都可以用任意身份登录，正式使用前请关闭。"),
        "turnOn": Localized("Turn on", zh: "开启"),
        "turnOff": Localized("Turn off", zh: "关闭"),
        "on": Localized("On", zh: "已开启"),
        "off": Localized("Off", zh: "已关闭"),
        "wechatID": Localized("WeChat app id", zh: "微信小程序 AppID"),
        "alipayID": Localized("Alipay app id", zh: "支付宝小程序 AppID"),
        "secretSet": Localized("secret set", zh: "已设置密钥"),
        "notSet": Localized("not set", zh: "未设置"),
        "anonymousLogin": Localized("Anonymous login", zh: "匿名登录"),
        "internet": Localized("Functions reach the internet", zh: "云函数访问外网"),
        "allowed": Localized("Allowed", zh: "允许"),
        "notAllowed": Localized("Not allowed", zh: "不允许"),
        "variables": Localized("Environment variables", zh: "环境变量"),
        "none": Localized("none", zh: "无"),
        "settingsHint": Localized("The others are changed with", zh: "其他设置可通过命令修改："),
    ]

    /// One function.
    static let function: [String: Localized] = [
        "handler": Localized("Handler", zh: "执行入口"),
        "timeout": Localized("Timeout", zh: "超时时间"),
        "memory": Localized("Memory", zh: "内存"),
        "concurrency": Localized("Concurrency", zh: "并发数"),
        "httpPath": Localized("HTTP path", zh: "HTTP 路径"),
        "run": Localized("Run", zh: "运行"),
        "runNow": Localized("Run", zh: "运行"),
        "running": Localized("Running…", zh: "运行中…"),
        "event": Localized("Event (JSON)", zh: "事件参数（JSON）"),
        "eventHint": Localized("What the function gets as its first argument. Ctrl+Enter runs it.", zh: "作为云函数的第一个参数传入。按 Ctrl+Enter 运行。"),
        "runAs": Localized("As which user (openid)", zh: "用户身份（openid）"),
        "runAsExample": Localized("empty: nobody", zh: "留空表示无用户"),
        "needsScript": Localized("Running a function here needs JavaScript.", zh: "在此运行云函数需要启用 JavaScript。"),
        "result": Localized("Result", zh: "返回结果"),
        "succeeded": Localized("Succeeded", zh: "成功"),
        "failed": Localized("Failed", zh: "失败"),
        "coldStart": Localized("cold start", zh: "冷启动"),
        "runNoLines": Localized("This run logged nothing.", zh: "本次运行没有输出日志。"),
        "badJSON": Localized("The event is not valid JSON:", zh: "事件参数不是合法的 JSON："),
        "unreachable": Localized("The server cannot be reached. Is it running?", zh: "无法连接服务，请确认其正在运行。"),
        "executions": Localized("Executions", zh: "执行记录"),
        "noExecutions": Localized("Not run yet", zh: "尚未执行"),
        "noExecutionsText": Localized("Run it above, or call it from a page: each run is listed here.", zh: "可在上方运行，或从小程序页面调用；每次执行都会列在这里。"),
        "time": Localized("Time", zh: "时间"),
        "status": Localized("Status", zh: "状态"),
        "duration": Localized("Duration", zh: "耗时"),
        "source": Localized("Source", zh: "来源"),
        "logs": Localized("Logs", zh: "日志"),
        "contains": Localized("Contains", zh: "包含文本"),
        "containsExample": Localized("a word of the line", zh: "日志中的关键词"),
        "level": Localized("Level", zh: "级别"),
        "anyLevel": Localized("All", zh: "全部"),
        "filter": Localized("Filter", zh: "筛选"),
        "clear": Localized("Clear", zh: "清除"),
        "follow": Localized("Follow", zh: "实时跟踪"),
        "followLost": Localized("The connection was lost; trying again…", zh: "连接中断，正在重试…"),
        "linesOfRequest": Localized("Lines of this request", zh: "查看该请求的日志"),
        "noLines": Localized("Nothing logged yet", zh: "还没有日志"),
        "noLinesText": Localized("What the function writes with console.log appears here.", zh: "云函数用 console.log 输出的内容会显示在这里。"),
        "noLinesFound": Localized("No line fits", zh: "没有符合条件的日志"),
        "noLinesFoundText": Localized("Use another word, or a lower level.", zh: "请更换关键词，或选择更低的级别。"),
        "versions": Localized("Versions", zh: "版本"),
        "deployed": Localized("Deployed", zh: "部署时间"),
        "files": Localized("Files", zh: "文件数"),
        "size": Localized("Size", zh: "大小"),
        "current": Localized("current", zh: "当前"),
        "makeCurrent": Localized("Make current", zh: "设为当前"),
    ]

    /// One collection.
    static let collection: [String: Localized] = [
        "save": Localized("Save", zh: "保存"),
        "indexes": Localized("Indexes", zh: "索引"),
        "unique": Localized("unique", zh: "唯一"),
        "condition": Localized("Condition (JSON)", zh: "查询条件（JSON）"),
        "conditionHint": Localized(
            "As in a query: {\"status\": \"paid\", \"total\": {\"$gte\": 100}}",
            zh: "写法与查询一致：{\"status\": \"paid\", \"total\": {\"$gte\": 100}}"),
        "document": Localized("Document", zh: "文档"),
        "noDocuments": Localized("No documents yet", zh: "还没有文档"),
        "noDocumentsText": Localized(
            "Functions and pages add them with db.collection(…).add. A file with a JSON document a line can be imported:",
            zh: "云函数与页面可用 db.collection(…).add 添加。也可以导入每行一个 JSON 文档的文件："),
        "noDocumentsFound": Localized("No document fits", zh: "没有符合条件的文档"),
        "noDocumentsFoundText": Localized(
            "Texts and numbers are different: \"1\" does not find 1.", zh: "注意区分文本与数字：\"1\" 查不到 1。"),
        "pages": Localized("Pages", zh: "分页"),
        "previous": Localized("Previous", zh: "上一页"),
        "next": Localized("Next", zh: "下一页"),
    ]

    /// Names of values that the rooms answer.
    static let values: [String: Localized] = [
        "status-active": Localized("active", zh: "运行中"),
        "status-suspended": Localized("suspended", zh: "已停用"),
        "status-deleted": Localized("deleted", zh: "已删除"),
        "key-management": Localized("Management", zh: "管理密钥"),
        "key-access": Localized("Access", zh: "访问密钥"),
        "permission-READONLY": Localized("All read, creators write their own", zh: "所有人可读，仅创建者可写"),
        "permission-PRIVATE": Localized("Creators read and write their own", zh: "仅创建者可读写"),
        "permission-ADMINWRITE": Localized("All read, only functions write", zh: "所有人可读，仅云函数可写"),
        "permission-ADMINONLY": Localized("Only functions read and write", zh: "仅云函数可读写"),
        "execution-success": Localized("success", zh: "成功"),
        "execution-failed": Localized("failed", zh: "失败"),
        "execution-timeout": Localized("timed out", zh: "超时"),
        "execution-crashed": Localized("crashed", zh: "崩溃"),
        "execution-refused": Localized("refused", zh: "拒绝"),
        "level-debug": Localized("debug and above", zh: "debug 及以上"),
        "level-info": Localized("info and above", zh: "info 及以上"),
        "level-warn": Localized("warn and above", zh: "warn 及以上"),
        "level-error": Localized("error only", zh: "仅 error"),
    ]
}

/// Phrases with something in them.
enum Phrases {
    static func functions(_ count: Int) -> Localized { Localized(count == 1 ? "1 function" : "\(count) functions", zh: "\(count) 个云函数") }

    static func documents(_ count: Int64) -> Localized { Localized(count == 1 ? "1 document" : "\(count) documents", zh: "共 \(count) 个文档") }

    static func page(_ page: Int64, of pages: Int64) -> Localized { Localized("Page \(page) of \(pages)", zh: "第 \(page) / \(pages) 页") }

    static func environmentCreated(_ name: String) -> Localized { Localized("“\(name)” is ready.", zh: "环境“\(name)”已创建。") }

    static let sampleDeployed = Localized("The sample shop is deployed.", zh: "示例小店已部署。")
    static let openShop = Localized("Open it", zh: "立即打开")
    static let managementKeyCreated = Localized(
        "The key is made. Copy it now: it is not shown again.", zh: "密钥已创建。请立即复制，之后不再显示。")
    static let accessKeyCreated = Localized(
        "The access key is made. Copy both parts now: the secret is not shown again.", zh: "访问密钥已创建。请立即复制两部分内容，密钥内容之后不再显示。")

    static func keyRevoked(_ key: String) -> Localized { Localized("Key \(key) is revoked.", zh: "密钥 \(key) 已吊销。") }

    static let developmentLoginOn = Localized("Development login is on.", zh: "开发登录已开启。")
    static let developmentLoginOff = Localized("Development login is off.", zh: "开发登录已关闭。")

    static func versionIsCurrent(_ version: Int) -> Localized {
        Localized("All calls go to version \(version) now.", zh: "所有调用已切换到版本 \(version)。")
    }

    static let permissionChanged = Localized("The permission is changed.", zh: "权限已修改。")
}
