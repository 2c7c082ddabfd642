internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// What surrounds a page: the sections to go to, the other environments, and the way here.
struct ConsoleNavigation: Sendable {
    /// More are found on the page of all environments.
    private static let environmentsListed = 30

    let sections: [ConsoleSection]
    let tenancy: Tenancy

    func model(_ visit: Visit, _ page: Page, in section: ConsoleSection?) -> JSONObject {
        guard visit.session != nil else { return ["isSignedIn": false] }
        var model: JSONObject = ["isSignedIn": true]
        model["platformSections"] = .array(entries(.platform, below: "/console", visit, current: section))
        var crumbs: [(path: String, text: String)] = []
        if let environment = visit.context.authority?.environment.flatMap({ try? tenancy.environment($0) }) {
            let home = Address.environment(environment.id)
            model["environment"] = .object(switcher(environment, visit, current: section))
            model["environmentSections"] = .array(entries(.environment, below: home, visit, current: section))
            crumbs = [("/console", Catalogue.phrase("environments", visit.language)), (home, environment.name)]
            if let section, !section.path.isEmpty { crumbs.append(("\(home)/\(section.path)", Catalogue.phrase(section.title, visit.language))) }
        }
        crumbs += page.crumbs
        // The page itself is the last step, and its heading says so already.
        if let last = crumbs.last, last.text == page.title { crumbs.removeLast() }
        model["crumbs"] = .array(crumbs.map { ["crumbPath": .string($0.path), "crumbText": .string($0.text)] })
        model["hasCrumbs"] = .bool(!crumbs.isEmpty)
        return model
    }

    private func entries(_ place: ConsoleSection.Place, below base: String, _ visit: Visit, current: ConsoleSection?) -> [JSON] {
        sections.filter { $0.place == place && visit.may($0.permission) }.map { section in
            [
                "entryPath": .string(section.path.isEmpty ? base : "\(base)/\(section.path)"), "icon": .string(section.icon),
                "label": .string(Catalogue.phrase(section.title, visit.language)),
                "isCurrent": .bool(current?.place == place && current?.path == section.path),
            ]
        }
    }

    /// The environments to change to, each at the section that is shown now.
    private func switcher(_ current: Environment, _ visit: Visit, current section: ConsoleSection?) -> JSONObject {
        guard let principal = visit.context.principal else { return [:] }
        let others = tenancy.environments(for: principal).filter { $0.id != current.id && $0.status != .deleted }
        let path = section.map { $0.path.isEmpty ? "" : "/\($0.path)" } ?? ""
        return [
            "switcherName": .string(current.name), "switcherID": .string(current.id.text),
            "others": .array(
                others.prefix(Self.environmentsListed).map { other in
                    ["otherName": .string(other.name), "otherPath": .string(Address.environment(other.id) + path)]
                }),
        ]
    }
}
