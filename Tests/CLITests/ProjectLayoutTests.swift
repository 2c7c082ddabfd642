import Foundation
import Kernel
import Testing

@testable import CLI

@Suite struct ProjectLayoutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ path: String = "", variables: [String: String] = [:]) throws -> ProjectLayout {
        try ProjectLayout.read(at: path.isEmpty ? folder.url : folder[path], variables: variables)
    }

    private func names(_ layout: ProjectLayout) -> [String] { layout.functions.map(\.name) }

    @Test func wechatProject() throws {
        try folder.write([
            "project.config.json": """
            {
              // the tool writes comments here
              "miniprogramRoot": "miniprogram/",
              "cloudfunctionRoot": "cloud-fns/"
            }
            """,
            "miniprogram/app.js": "", "miniprogram/index.js": "",
            "cloud-fns/pay/index.js": "",
            "cloud-fns/pay/config.json": """
            {"permissions":{"openapi":["subscribeMessage.send"]},"timeout":30,
             "triggers":[{"name":"nightly","type":"timer","config":"0 0 2 1 * * *"}]}
            """,
            "cloud-fns/goods/index.js": "",
            "cloud-fns/common/README.md": "", "cloud-fns/typed/index.ts": "", "cloud-fns/node_modules/x/index.js": "",
        ])
        let layout = try read()
        #expect(layout.kind == .wechat)
        #expect(names(layout) == ["goods", "pay"])
        let pay = try #require(layout.functions.last)
        #expect(pay.settings.triggers == [.init(name: "nightly", config: "0 0 2 1 * * *", argument: nil)])
        #expect(pay.settings.timeoutSeconds == 30)
        #expect(pay.settings.handler == "index.main")
        #expect(layout.notes.map(\.en).contains { $0.contains("typed") && $0.contains("compile") })
        #expect(layout.notes.map(\.en).contains { $0.contains("common") })
    }

    @Test func wechatRootThatIsMissingIsNamed() throws {
        try folder.write(["project.config.json": #"{"cloudfunctionRoot":"gone/"}"#])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.what.en.contains("\"gone/\"") == true)
        #expect(error?.what.en.contains("cloudfunctionRoot") == true)
    }

    @Test func cloudbaseSettings() throws {
        try folder.write([
            "cloudbaserc.json": """
            {"version":"2.0","envId":"{{env.ENV_ID}}","functionRoot":"./fns","functions":[
              {"name":"app","timeout":5,"envVariables":{"KEY":"{{env.SECRET}}","N":3},"runtime":"Nodejs16.13","memorySize":256,
               "handler":"index.main","triggers":[{"name":"t","type":"timer","config":"*/5 * * * * * *"},{"name":"q","type":"cos","config":"x"}],
               "ignore":["*.md","test/**"]},
              {"name":"elsewhere","dir":"other/place","config":{"timeout":9}}
            ]}
            """,
            ".env": "ENV_ID=from-file\nSECRET='local one'\n", ".env.local": "SECRET=\"more local\"",
            "fns/app/index.js": "", "fns/unlisted/index.js": "", "other/place/index.js": "",
        ])
        let layout = try read(variables: ["ENV_ID": "x"])
        #expect(layout.kind == .cloudbase)
        let app = try #require(layout.functions.first { $0.name == "app" })
        #expect(app.settings.variables == ["KEY": "more local", "N": "3"])
        #expect(app.settings.timeoutSeconds == 5)
        #expect(app.settings.memoryMB == 256)
        #expect(app.settings.triggers?.map(\.config) == ["*/5 * * * * * *"])
        #expect(app.settings.ignore == ["*.md", "test/**"])
        #expect(app.warnings.map(\.en).contains { $0.contains("\"q\"") && $0.contains("cos") })
        #expect(layout.functions.filter(\.isListed).map(\.name).sorted() == ["app", "elsewhere"])
        let elsewhere = try #require(layout.functions.first { $0.name == "elsewhere" })
        #expect(elsewhere.folder == folder["other/place"].standardizedFileURL)
        #expect(elsewhere.settings.timeoutSeconds == 9)
    }

    @Test func cloudbaseInYAMLAndWithoutRoot() throws {
        try folder.write([
            "cloudbaserc.yaml":
                "envId: x\nfunctions:\n  - name: app\n    timeout: 7\n    triggers:\n      - {name: t, type: timer, config: '0 * * * * * *'}\n",
            "functions/app/index.js": "",
        ])
        let layout = try read()
        #expect(layout.functions.first?.settings.timeoutSeconds == 7)
        #expect(layout.functions.first?.settings.triggers?.first?.config == "0 * * * * * *")
    }

    @Test func placeholderWithoutValueIsAnError() throws {
        try folder.write(["cloudbaserc.json": #"{"functions":[{"name":"{{env.NAME}}"}]}"#, "functions/app/index.js": ""])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.what.en.contains("{{env.NAME}}") == true)
    }

    @Test func placeholderForOtherToolsNeedsNoValue() throws {
        try folder.write([
            "cloudbaserc.json": #"{"functionRoot":"functions","framework":{"plugins":{"mp":{"appid":"{{env.APP_ID}}"}}}}"#,
            "functions/app/index.js": "",
        ])
        #expect(try read().functions.map(\.name) == ["app"])
    }

    @Test func listedFunctionWithoutCodeIsAnError() throws {
        try folder.write(["cloudbaserc.json": #"{"functions":[{"name":"ghost"}]}"#, "functions/app/index.js": ""])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.what.en.contains("ghost") == true)
    }

    @Test func configurationProgramIsRefused() throws {
        try folder.write(["cloudbaserc.js": "module.exports = {}", "functions/app/index.js": ""])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.remedy?.en.contains("cloudbaserc.json") == true)
    }

    @Test func cloudbaseSettingsApplyToAWechatProject() throws {
        try folder.write([
            "project.config.json": #"{"cloudfunctionRoot":"cloudfunctions/"}"#,
            "cloudbaserc.json": #"{"functionRoot":"cloudfunctions","functions":[{"name":"pay","timeout":12}]}"#,
            "cloudfunctions/pay/index.js": "", "cloudfunctions/pay/config.json": #"{"timeout":3,"triggers":[]}"#,
            "cloudfunctions/goods/index.js": "",
        ])
        let layout = try read()
        #expect(layout.kind == .wechat)
        #expect(!layout.functions.contains { !$0.isListed })
        let pay = try #require(layout.functions.first { $0.name == "pay" })
        #expect(pay.settings.timeoutSeconds == 12)
        #expect(pay.settings.triggers == [])
    }

    @Test(arguments: [
        (
            #"{"format":2,"miniprogramRoot":"./miniprogram","cloudbaseRoot":"cloud","cloud":{"type":"CLOUDAPP","env":"env-00"}}"#,
            "cloud/functions"
        ),
        (#"{"cloud":{"type":"mpServerless"},"miniprogramRoot":"client","serverlessRoot":"server"}"#, "server/functions"),
        (#"{"format":2,"cloudbaseRoot":"backend/"}"#, "backend"),
        (#"{"format":2}"#, "cloud/functions"),
    ])
    func alipayProject(_ configuration: String, _ root: String) throws {
        try folder.write(["mini.project.json": configuration, "\(root)/addToCart/index.js": "", "miniprogram/app.js": ""])
        let layout = try read()
        #expect(layout.kind == .alipay)
        #expect(layout.functionRoot.path == folder[root].path)
        #expect(names(layout) == ["addToCart"])
    }

    @Test(arguments: ["cloudfunctions", "functions", "cloud/functions", "server/functions"])
    func bareFolder(_ root: String) throws {
        try folder.write(["\(root)/a/index.mjs": "", "\(root)/b/package.json": #"{"main":"./lib/start.js"}"#, "\(root)/b/lib/start.js": ""])
        let layout = try read()
        #expect(layout.kind == .folder)
        #expect(names(layout) == ["a", "b"])
        #expect(layout.functions.map(\.settings.handler) == ["index.main", "lib/start.main"])
    }

    @Test func folderOfFunctionsByPath() throws {
        try folder.write([
            "app/cloudfunctions/a/index.js": "",
            "app/cloudbaserc.json": #"{"functionRoot":"cloudfunctions","functions":[{"name":"a","timeout":4}]}"#,
        ])
        let layout = try read("app/cloudfunctions")
        #expect(names(layout) == ["a"])
        #expect(layout.functions.first?.settings.timeoutSeconds == 4)
    }

    @Test func singleFunction() throws {
        try folder.write([
            "pay/index.js": "", "pay/lib/helper.js": "", "cloudbaserc.json": #"{"functions":[{"name":"pay","memorySize":128}]}"#,
        ])
        let layout = try read("pay")
        #expect(layout.kind == .function)
        #expect(names(layout) == ["pay"])
        #expect(layout.functions.first?.settings.memoryMB == 128)
    }

    @Test func monorepoIsAsked() throws {
        try folder.write([
            "apps/shop/cloudfunctions/a/index.js": "", "apps/game/project.config.json": #"{"cloudfunctionRoot":"cf"}"#,
            "apps/game/cf/b/index.js": "",
        ])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.details == ["sampan deploy --path apps/game/cf", "sampan deploy --path apps/shop/cloudfunctions"])
        #expect(try names(read("apps/game")) == ["b"])
    }

    @Test func onlyProjectBelowIsTaken() throws {
        try folder.write(["packages/shop/cloudfunctions/a/index.js": "", "node_modules/x/functions/y/index.js": "", "README.md": ""])
        #expect(try names(read()) == ["a"])
    }

    @Test func twoRootsOfOneProjectAreAsked() throws {
        try folder.write([
            "project.config.json": #"{"cloudfunctionRoot":"one"}"#, "cloudbaserc.json": #"{"functionRoot":"two"}"#,
            "one/a/index.js": "", "two/b/index.js": "",
        ])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.details == ["sampan deploy --path one", "sampan deploy --path two"])
    }

    @Test func nothingToDeploy() throws {
        try folder.write(["src/index.html": ""])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.what.en.hasPrefix("No functions were found") == true)
    }

    @Test func brokenConfigurationNamesTheLine() throws {
        try folder.write(["project.config.json": "{\n  \"cloudfunctionRoot\": \"x\",\n  oops\n}"])
        let error = #expect(throws: CLIError.self) { try read() }
        #expect(error?.what.en.contains("project.config.json, line 3") == true)
    }

    @Test func aFunctionsOwnDataInConfigJSONIsNoTrigger() throws {
        try folder.write([
            "functions/a/index.js": "", "functions/a/config.json": "[1,2]", "functions/b/index.js": "",
            "functions/b/config.json": #"{"timeout":"soon"}"#,
        ])
        let layout = try read()
        #expect(layout.functions.first?.settings.triggers == nil)
        #expect(layout.functions.last?.settings.timeoutSeconds == nil)
        #expect(layout.functions.last?.warnings.first?.en.contains("\"timeout\"") == true)
    }
}
