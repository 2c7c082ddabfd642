internal import HTTPSupport
internal import HTTPTypes
internal import Hummingbird
internal import Kernel

/// One entry of the navigation with the pages behind it: all that a capability adds to the console.
///
/// Routes and navigation are both made from these values; see docs/console.md.
struct ConsoleSection: Sendable {
    /// Where the navigation shows it.
    enum Place: Sendable {
        /// In each environment, below `/console/env/{env}`.
        case environment
        /// Beside the environments, below `/console`.
        case platform
        /// In each organization, below `/console`; where somebody has only one, the navigation leads straight into it.
        case organization
        /// About whoever has signed in, below `/console`: reached by their name at the foot of the navigation.
        case person
    }

    var place = Place.environment
    /// The last part of the address; empty for an environment's first page.
    let path: String
    /// The phrase that names it.
    let title: String
    /// A symbol of `icons.svg`.
    let icon: String
    /// Whoever lacks it does not see the section; `nil`: it is for everybody who has signed in.
    let permission: Permission?
    let pages: [ConsolePage]
}

/// One address of the console: a page that is shown, or something that a form does.
struct ConsolePage: Sendable {
    enum Work: Sendable {
        case show(@Sendable (Visit) async throws -> Page)
        /// - Parameter question: the phrase that is asked before it is done.
        case act(question: String?, back: @Sendable (Visit) throws -> String, perform: @Sendable (Visit, Form) async throws -> Outcome)
        /// Something that a form with a file does: it says where the file goes, and gets it as it arrives.
        case receive(back: @Sendable (Visit) throws -> String, perform: @Sendable (Visit, FileForm) async throws -> Outcome)
        /// Anything else than a page: a download.
        case answer(@Sendable (Visit) async throws -> Response)
    }

    let method: HTTPRequest.Method
    /// Below the section's own address.
    let path: String
    /// What it asks for; `nil`: nothing but a session.
    let permission: Permission?
    let work: Work

    /// A page that is shown.
    static func show(_ path: String = "", needs permission: Permission?, _ make: @escaping @Sendable (Visit) async throws -> Page) -> ConsolePage {
        ConsolePage(method: .get, path: path, permission: permission, work: .show(make))
    }

    /// Something that a form does; when it fails, the reason is shown on the page `back`.
    static func act(
        _ path: String, needs permission: Permission?, asks question: String? = nil, back: @escaping @Sendable (Visit) throws -> String,
        _ perform: @escaping @Sendable (Visit, Form) async throws -> Outcome
    ) -> ConsolePage {
        ConsolePage(method: .post, path: path, permission: permission, work: .act(question: question, back: back, perform: perform))
    }

    /// Something that a form with a file does; when it fails, the reason is shown on the page `back`.
    static func receive(
        _ path: String, needs permission: Permission?, back: @escaping @Sendable (Visit) throws -> String,
        _ perform: @escaping @Sendable (Visit, FileForm) async throws -> Outcome
    ) -> ConsolePage {
        ConsolePage(method: .post, path: path, permission: permission, work: .receive(back: back, perform: perform))
    }

    /// An answer that is not a page.
    static func answer(_ path: String, needs permission: Permission?, _ make: @escaping @Sendable (Visit) async throws -> Response) -> ConsolePage {
        ConsolePage(method: .get, path: path, permission: permission, work: .answer(make))
    }
}

/// How a form's work ends.
enum Outcome: Sendable {
    /// Go on to another page, which says once what was done.
    case go(String, Flash?)
    /// Show this page: the form again, with the reason beside the field.
    case draw(Page)
}
