// swift-tools-version: 6.2
import PackageDescription

// One array of settings for every Swift target: language mode 6, no warnings, explicit existentials and imports.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let cSettings: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=gnu11"])]

// ESTOP_ALONE=1 leaves the halt path and the engine by themselves: proof that they need nothing else, and a cheap build
// for the sanitizers.
let alone = Context.environment["ESTOP_ALONE"] != nil
let aloneTargets = [
    "CEstop", "KillSwitch", "SafetyEngine", "Seeds", "CEstopTests", "KillSwitchTests", "SafetyEngineTests",
    "Simulation",
    "SimulationTests",
]

let package = Package(
    name: "estop",
    products: [
        .executable(name: "estop", targets: ["estop"]),
        .executable(name: "estop-desk", targets: ["estop-desk"]),
        .library(name: "KillSwitch", targets: ["KillSwitch"]),
        .library(name: "SafetyEngine", targets: ["SafetyEngine"]),
        .library(name: "faults", type: .dynamic, targets: ["CFaults"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without traits: the HTTP server alone, which halves its build.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // The switch: pages, gates, log, halt. C for what bots of any language embed, Swift above it.
        .target(name: "CEstop", exclude: ["Makefile", "estop.pc.in"], cSettings: cSettings),
        .target(name: "KillSwitch", dependencies: ["CEstop"], swiftSettings: settings),

        // What the desk knows, as values.
        .target(
            name: "SafetyEngine",
            dependencies: ["KillSwitch"],
            // Compiled in, so that `estop ingest --schema` needs no file.
            resources: [.embedInCode("Events/events.schema.json")],
            swiftSettings: settings
        ),

        // Everything that came in and was decided, on disk.
        .target(
            name: "Journal",
            dependencies: [
                "SafetyEngine", "KillSwitch", "CSodium", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),

        // Exchanges, brokers and platforms; the built-in paper venue among them.
        .target(name: "Venues", dependencies: ["SafetyEngine", "KillSwitch"], swiftSettings: settings),

        // estop.toml, as the engine's settings.
        .target(name: "Settings", dependencies: ["SafetyEngine", "Console", "KillSwitch"], swiftSettings: settings),

        // Webhooks and commands that tell people.
        .target(name: "CCurl", cSettings: cSettings, linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "Notify",
            dependencies: ["CCurl", "CProcess", "Settings", "SafetyEngine", "KillSwitch", "Console"],
            swiftSettings: settings
        ),

        // The host.
        .target(
            name: "Desk",
            dependencies: [
                "Journal", "Venues", "Notify", "Settings", "SafetyEngine", "KillSwitch", "Operators",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),

        // What is asked over HTTP. The halt is answered in front of the server, by a handler of its own.
        .target(
            name: "ControlAPI",
            dependencies: [
                "Desk", "Journal", "Settings", "SafetyEngine", "KillSwitch",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),

        // A desk on another machine, through its API.
        .target(
            name: "Remote",
            dependencies: ["CCurl", "Desk", "SafetyEngine", "KillSwitch"],
            swiftSettings: settings
        ),

        // A recorded desk, to judge the screen by.
        .target(name: "Demo", dependencies: ["SafetyEngine", "KillSwitch"], swiftSettings: settings),

        // What a process does when it crashes.
        .target(name: "CCrash", cSettings: cSettings, linkerSettings: [.linkedLibrary("dl")]),

        // The screen: pure, then the terminal under it.
        .target(name: "Dashboard", dependencies: ["SafetyEngine"], swiftSettings: settings),
        .target(
            name: "CTerminal",
            dependencies: ["CCrash"],
            cSettings: cSettings,
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        // The shipped themes are compiled in, so that the executable can stand alone: themes is a link to the directory.
        .target(
            name: "Terminal",
            dependencies: ["CTerminal", "Dashboard", "Console"],
            resources: [.embedInCode("themes")],
            swiftSettings: settings
        ),

        // What both executables share.
        .target(name: "Console", dependencies: ["CCrash", "KillSwitch"], swiftSettings: settings),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .target(name: "Operators", dependencies: ["CSodium", "KillSwitch"], swiftSettings: settings),
        .target(name: "CProcess", cSettings: cSettings),

        .executableTarget(
            name: "estop",
            dependencies: ["CCrash", "KillSwitch", "Console", "Operators"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "estop-desk",
            dependencies: [
                "ControlAPI", "Desk", "Journal", "Venues", "Notify", "Settings", "Demo", "Dashboard", "Terminal",
                "Console", "Remote",
                "Operators", "KillSwitch", "SafetyEngine",
                "CCrash", "CProcess", "CEstop",
            ],
            swiftSettings: settings
        ),

        // Example bots: ten lines that matter, in each language.
        .executableTarget(
            name: "example-bot-c",
            dependencies: ["CEstop"],
            path: "Sources/Examples/C",
            cSettings: cSettings
        ),
        .executableTarget(
            name: "example-bot-swift",
            dependencies: ["KillSwitch"],
            path: "Sources/Examples/Swift",
            swiftSettings: settings
        ),

        // Tests.
        .target(name: "CFaults", path: "Tests/CFaults", cSettings: cSettings, linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "Emulator", path: "Tests/Emulator", swiftSettings: settings),
        .target(name: "Seeds", path: "Tests/Seeds", swiftSettings: settings),
        .testTarget(name: "CEstopTests", dependencies: ["CEstop", "KillSwitch"], swiftSettings: settings),
        .testTarget(name: "KillSwitchTests", dependencies: ["KillSwitch", "CEstop"], swiftSettings: settings),
        .target(
            name: "Simulation",
            dependencies: ["SafetyEngine", "KillSwitch", "Seeds"],
            path: "Tests/Simulation",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "SafetyEngine", "Seeds"],
            swiftSettings: settings
        ),
        .testTarget(name: "SafetyEngineTests", dependencies: ["SafetyEngine", "Seeds"], swiftSettings: settings),
        .testTarget(
            name: "DashboardTests",
            dependencies: ["Dashboard", "SafetyEngine", "KillSwitch", "Seeds"],
            exclude: ["Golden"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TerminalTests",
            dependencies: [
                "Terminal", "CTerminal", "CCrash", "Dashboard", "Console", "SafetyEngine", "KillSwitch", "Emulator",
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "ConsoleTests", dependencies: ["Console", "KillSwitch", "Seeds"], swiftSettings: settings),
        .testTarget(
            name: "OperatorsTests",
            dependencies: ["Operators", "KillSwitch", "Seeds"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "JournalTests",
            dependencies: [
                "Journal", "SafetyEngine", "KillSwitch", "Seeds", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "VenuesTests",
            dependencies: ["Venues", "SafetyEngine", "KillSwitch"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", "SafetyEngine", "Console"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "NotifyTests",
            dependencies: ["Notify", "Settings", "SafetyEngine", "KillSwitch"],
            swiftSettings: settings
        ),
        .testTarget(name: "DeskTests", dependencies: ["Desk", "KillSwitch", "SafetyEngine"], swiftSettings: settings),
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ControlAPI", "Desk", "Settings", "SafetyEngine", "KillSwitch",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RemoteTests",
            dependencies: ["Remote", "Desk", "SafetyEngine", "KillSwitch"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: ["Demo", "KillSwitch", "SafetyEngine", "Seeds"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "KillSwitch", "SafetyEngine", "Dashboard", "CEstop", "CFaults", "Emulator", "Notify", "Settings",
                "Console", "Demo", "Desk", "Operators", "Remote", "Seeds",
                "estop", "estop-desk",
            ],
            exclude: ["python", "runbooks"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

if alone {
    package.targets.removeAll { !aloneTargets.contains($0.name) }
    package.products.removeAll { !["KillSwitch", "SafetyEngine"].contains($0.name) }
    package.dependencies = []
}
