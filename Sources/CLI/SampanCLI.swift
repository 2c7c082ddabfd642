public import ArgumentParser

/// The commands with which a developer uses a Sampan server from the project folder.
public enum SampanCLI {
    /// What the executable adds beside its own `serve`.
    public static let subcommands: [any ParsableCommand.Type] = [
        InitCommand.self, LoginCommand.self, EnvironmentCommand.self, DeployCommand.self, FunctionsCommand.self, InvokeCommand.self,
        LogsCommand.self, ForecastCommand.self, RushCommand.self, WaitingRoomCommand.self, RehearseCommand.self, DatabaseCommand.self,
        CouponCommand.self, DoctorCommand.self,
    ]
}
