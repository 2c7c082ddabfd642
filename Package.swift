// swift-tools-version: 6.1
import PackageDescription

/// Every target compiles under the same rules: Swift 6 mode, explicit existentials, imports that say what leaks.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A room of the house: sources under `Sources/NAME`.
func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A room's tests: sources under `Tests/NAMETests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: ["TestSupport"] + dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "sampan",
    products: [.executable(name: "sampan", targets: ["Sampan"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        room("Kernel", []),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        room("Storage", ["CSQLite", "CPostgres", "Kernel"]),
        .target(name: "CScheduling"),
        room("LoopTasks", ["CScheduling", nio, nioPosix]),
        room(
            "HTTPSupport",
            [
                "Kernel", "LoopTasks", hummingbird, hummingbirdCore, httpTypes, nio, nioPosix, nioFoundation, nioHTTP, nioWebSocket, nioHTTPTypes,
                nioHTTPTypesHTTP1, crypto, logging, lifecycle,
            ]),
        .target(name: "CSpawn"),
        room("Workers", ["CSpawn", "LoopTasks", nio, nioPosix, logging, lifecycle]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        room("Tenancy", ["CArgon2", "Kernel", "LoopTasks", "HTTPSupport", "Storage", hummingbird, httpTypes, nioPosix, crypto, logging]),
        room("Identity", ["Kernel", "HTTPSupport", "Storage", "Tenancy", hummingbird, httpTypes, crypto, cryptoExtras]),
        room("Documents", ["Kernel", "HTTPSupport", "Storage", hummingbird, httpTypes, nio, nioPosix, crypto, logging, lifecycle]),
        room("Coupons", ["Kernel", "HTTPSupport", "Storage", hummingbird, httpTypes, nio, crypto, logging, lifecycle]),
        room("Rush", ["Kernel", "HTTPSupport", "Storage", "Forecast", hummingbird, httpTypes, nio, crypto, logging, lifecycle]),
        room(
            "Rehearsals",
            ["Kernel", "HTTPSupport", "Storage", "LoadGenerator", hummingbird, httpTypes, nio, crypto, logging, lifecycle]),
        room("Files", ["Kernel", "HTTPSupport", "Storage", "Tenancy", hummingbird, httpTypes, nio, crypto]),
        room("Functions", ["Kernel", "HTTPSupport", "Storage", "Workers", hummingbird, httpTypes, nio, crypto, logging, lifecycle]),
        .systemLibrary(name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        room("QRCode", ["CQREncode"]),
        room("Forecast", []),
        room("Mail", ["Kernel", nio, nioPosix, nioSSL, nioTLS, logging, lifecycle]),
        room(
            "Console",
            [
                "Kernel", "HTTPSupport", "LoopTasks", "Tenancy", "Identity", "Functions", "Documents", "Files", "Coupons", "QRCode", hummingbird, httpTypes,
                nio, logging, mustache,
            ], resources: [.copy("Resources")]),
        room("LoadGenerator", ["Kernel", "LoopTasks", nio, nioPosix]),
        room("CLI", ["Kernel", "LoadGenerator", nio, nioPosix, nioHTTP, crypto, httpClient, yams, arguments]),
        .executableTarget(
            name: "Sampan",
            dependencies: [
                "Kernel", "Storage", "LoopTasks", "HTTPSupport", "Workers", "Tenancy", "Identity", "Documents", "Coupons", "Files", "Functions", "Mail", "Rush",
                "Rehearsals",
                "Console",
                "CLI", hummingbird, httpTypes, nio, nioPosix, nioHTTP, logging, lifecycle, httpClient, arguments,
            ], swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
        tests("Kernel", ["Kernel"]),
        tests("Storage", ["Storage"]),
        tests("LoopTasks", ["LoopTasks", nio, nioPosix]),
        tests(
            "HTTPSupport",
            [
                "HTTPSupport", nio, nioHTTP, nioHTTPTypes, nioHTTPTypesHTTP1, httpTypes, .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
        tests("Tenancy", ["Tenancy", "Kernel", "HTTPSupport", "Storage"]),
        tests("QRCode", ["QRCode"]),
        tests("Forecast", ["Forecast"]),
        tests("Mail", ["Mail", "Kernel", nio, nioPosix, logging, lifecycle]),
        tests("Documents", ["Documents", "Kernel", "Storage", nio, logging], exclude: ["Vectors"]),
        tests("Coupons", ["Coupons", "Kernel", "Storage", nio, crypto, logging]),
        tests("Rehearsals", ["Rehearsals", "Kernel", "LoadGenerator"]),
        tests("Rush", ["Rush", "HTTPSupport", "Kernel", "Storage", "Forecast", crypto, logging]),
        tests("Functions", ["Functions", "Kernel", "Storage", "Workers", nio, logging]),
        tests("Console", ["Console", "Coupons", "Kernel", hummingbird, httpTypes, nio]),
        tests("Workers", ["Workers", "CSpawn", nio, nioPosix, logging, lifecycle]),
        tests("LoadGenerator", ["LoadGenerator", "Kernel", nio, nioPosix, .product(name: "NIOEmbedded", package: "swift-nio")]),
        tests("CLI", ["CLI", "Kernel", "LoadGenerator", nio, nioPosix, nioHTTP, nioFoundation, crypto, httpClient, arguments]),
        tests(
            "Sampan",
            [
                "Sampan", "Kernel", "HTTPSupport", "Identity", "Functions", "Files", "Documents", "Coupons", "Tenancy", hummingbird, httpTypes, nio, logging,
                cryptoExtras, hummingbirdTesting, .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]),
    ]
)
