package watcher

import (
	"slices"

	"locksmith/policies/sources/cloudtrail"
)

// A grade is how people hear of a use of root, and in which words.
type grade struct {
	level  Level
	title  string // of a mail or page, and of a line in a digest
	text   string
	action string
}

// audit is what opening the console's page on root access does, in every account.
const audit = "IAMAuditRootUserCredentials"

// grading grades a use by what was asked, for whoever is not Locksmith.
func grading(u cloudtrail.Use, s Session, st standing) grade {
	if u.Refused != "" {
		return refused(u)
	}
	switch st {
	case unrecorded:
		return grade{Page, "Locksmith's role opened root, unrecorded",
			"A session was opened by a role of Locksmith, and Locksmith has not noted it. Either the ledger could not be " +
				"written at that moment, and then the session was not used; or somebody else has this role.",
			"Look for errors of the ledger at that time. If there are none, take the role away from whoever has it."}
	case misused:
		return grade{Page, "A key of one of Locksmith's root sessions is used where it cannot be",
			"The ledger knows this session for another account, another task or another caller.",
			"Take Locksmith's roles away from whoever has them, and find out who could write to the ledger."}
	}
	switch u.Kind {
	case cloudtrail.Opens:
		return opening(u)
	case cloudtrail.SignIn:
		return signIn(u)
	case cloudtrail.Calls:
		return calling(u, s, st)
	case cloudtrail.Switch:
		return switching(u)
	}
	return grade{level: Daily, title: "The organization's policies or tree changed: " + u.Call}
}

// refused is what somebody tried in vain. Anybody can do so as often as they like, so it is a line and no more.
func refused(u cloudtrail.Use) grade {
	what := u.Call
	if u.Kind == cloudtrail.Opens {
		what += " " + taskName(u.Task)
	}
	return grade{level: Daily, title: "Tried in vain: " + what}
}

// taskName is the name of a task, fit for a title of ours: whoever is refused chooses its text.
func taskName(task string) string {
	if task == audit || slices.Contains(actingTasks, task) {
		return task
	}
	return "of a task that is not known"
}

var actingTasks = []string{"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy", "IAMDeleteRootUserCredentials",
	"IAMCreateRootUserPassword"}

const notUs = " It was not Locksmith."

func opening(u cloudtrail.Use) grade {
	ask := "Ask who did it, and why, if you do not know of it."
	switch u.Task {
	case audit:
		return grade{level: Daily, title: "Root opened to look at its credentials"}
	case "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy":
		return grade{Mail, "Root opened by hand, to unlock", "Somebody opened root of this account with the task policy " +
			u.Task + ". It allows them to read, replace and delete such policies." + notUs, ask}
	case "IAMDeleteRootUserCredentials":
		return grade{Mail, "Root opened to delete its credentials", "Somebody opened root of this account to delete its " +
			"password, access keys, certificates or MFA devices." + notUs, ask}
	case "IAMCreateRootUserPassword":
		return grade{Page, "Root opened to create its password", "Somebody opened root of this account to allow the " +
			"recovery of its password. Whoever reads root's mailbox can then be root for good." + notUs,
			"Ask who did it, and why. If nobody knows, delete root's login profile, and look at whoever did it."}
	}
	return grade{Page, "Root opened for a task that Locksmith does not know", "Somebody opened root of this account " +
		"with a task policy that is none of the known." + notUs, "Ask who did it, and why."}
}

func signIn(u cloudtrail.Use) grade {
	mine := "If it was not one of you, change root's password, and look at what root did since."
	switch u.Call {
	case "ConsoleLogin":
		return grade{Page, "Root signed in to the console", "The root user of this account has signed in.", mine}
	case "PasswordRecoveryRequested":
		return grade{Mail, "Somebody asked to recover root's password",
			"AWS has sent a mail to root's address. Whoever reads it can set a password.",
			"Nothing, if it was one of you. If not, see who reads that mailbox."}
	case "PasswordRecoveryCompleted", "PasswordUpdated":
		return grade{Page, "Root's password was set", "The root user of this account has a new password.", mine}
	}
	return grade{Page, "Root's mail address was changed", "Whoever reads the new address can recover root's password.",
		"If it was not one of you, have the address put right, with AWS Support if need be."}
}

// Calls of root sessions, by what they do.
var (
	deletes = []string{"DeleteLoginProfile", "DeleteAccessKey", "DeleteSigningCertificate", "DeactivateMFADevice",
		"DeleteVirtualMFADevice"}
	unlocks = []string{"PutBucketPolicy", "DeleteBucketPolicy", "SetQueueAttributes"}
)

// calling grades a call by root that changed something. What root does in the console after its sign-in, which paged,
// is a line.
func calling(u cloudtrail.Use, s Session, st standing) grade {
	user := u.Value("userName")
	own := user == "" || user == "AWS ROOT USER" || user == "root"
	switch {
	case u.Call == "CreateLoginProfile" && own:
		g := grade{Page, "Root's password may be created now", "A root session has made a login profile for root. " +
			"Whoever reads root's mailbox can set a password and be root for good.",
			"Ask who did it, and why. If nobody knows, delete root's login profile, and look at whoever did it."}
		if s.Task == "IAMCreateRootUserPassword" { // its opening has paged
			g.level = Mail
		}
		return g
	case u.Call == "CreateAccessKey" && own:
		return grade{Page, "Root has a new access key", "Root of this account has made itself an access key, which lasts.",
			"Delete it, and find out who made it."}
	case slices.Contains(deletes, u.Call) && own:
		return grade{Mail, "A credential of root was deleted", "Root of this account has lost a password, a key, a " +
			"certificate or an MFA device.", "Ask who did it, and why, if you do not know of it."}
	case lasting(u):
		return grade{Page, "Root's own access key is at work", "Somebody calls with an access key of root, which lasts. " +
			"Its further calls of this day are in the daily digest.", "Find out who has it, and delete it."}
	case slices.Contains(unlocks, u.Call) && bySession(u):
		return grade{Mail, "A policy was changed by hand, as root", "A root session that is not Locksmith's has " +
			"changed the policy of a bucket or queue.", "Ask who did it, and why, if you do not know of it."}
	case st == unknown:
		return grade{Mail, "Root is at work, and nobody is known to have opened it", "Root calls with a temporary key. " +
			"No event has told who opened the session: it may have been opened in a Region that is not watched.",
			"Look in CloudTrail of the management account and the delegates for the key."}
	}
	return grade{level: Daily, title: "Called by root: " + u.Call}
}

func switching(u cloudtrail.Use) grade {
	g := grade{level: Page, action: "If it was not meant, put it back: until then nobody is unlocked where it matters."}
	switch u.Call {
	case "DisableOrganizationsRootSessions":
		g.title, g.text = "Root sessions were switched off", "Nobody can unlock a bucket or a queue of any member account."
	case "DisableOrganizationsRootCredentialsManagement":
		g.title, g.text = "Root credentials management was switched off",
			"Nobody can look after root's credentials in the member accounts."
	case "DisableAWSServiceAccess":
		g.title, g.text = "IAM's trusted access was taken away", "Nobody can open root of any member account."
	case "RegisterDelegatedAdministrator":
		g.title, g.text = "An account was made a delegate for root",
			"Its administrators can open root of every member account."
		g.action = "If it was not meant, deregister it, and look at what was done from that account."
	case "DeregisterDelegatedAdministrator":
		g.title, g.text = "A delegate for root was removed",
			"Where it is the account that Locksmith runs in, Locksmith can unlock nothing."
	default:
		g.title, g.text = "An account leaves the organization", "Nobody can open its root from outside any more."
		g.action = "If it was not meant, find out who did it."
	}
	return g
}
