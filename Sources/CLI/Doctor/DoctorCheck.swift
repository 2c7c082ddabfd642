import Kernel

/// What one check of `sampan doctor` found.
struct DoctorFinding: Sendable {
    enum Status: String, Sendable {
        case ok
        case warn
        case fail
    }

    var name: String
    var status: Status
    var detail: Localized
    var remedy: Localized?

    static func ok(_ name: String, _ detail: Localized) -> DoctorFinding { DoctorFinding(name: name, status: .ok, detail: detail) }

    static func warn(_ name: String, _ detail: Localized, remedy: Localized) -> DoctorFinding {
        DoctorFinding(name: name, status: .warn, detail: detail, remedy: remedy)
    }

    static func fail(_ name: String, _ detail: Localized, remedy: Localized) -> DoctorFinding {
        DoctorFinding(name: name, status: .fail, detail: detail, remedy: remedy)
    }
}
