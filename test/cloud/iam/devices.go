package iam

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// This file has root's MFA devices and signing certificates. A virtual device is made, enabled for root, deactivated
// and deleted; after it was deactivated it is nobody's.

var (
	deviceName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,226}$`)
	sixDigits  = regexp.MustCompile(`^[0-9]{6}$`)
)

func createVirtualMFADevice(r *request, of *root) (any, *front.Error) {
	name := r.form.Get("VirtualMFADeviceName")
	serial := "arn:aws:iam::" + r.Caller.Account + ":mfa/" + name
	switch {
	case !deviceName.MatchString(name):
		return nil, invalid("The specified value for virtualMFADeviceName is invalid. It must contain only alphanumeric " +
			"characters and/or the following: +=,.@_-")
	case slices.Contains(of.MFA, serial) || slices.Contains(of.loose, serial):
		return nil, front.Refuse("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.",
			http.StatusConflict)
	}
	of.loose = append(of.loose, serial)
	var answer struct {
		XMLName xml.Name                                                   `xml:"CreateVirtualMFADeviceResult"`
		Device  struct{ SerialNumber, Base32StringSeed, QRCodePNG string } `xml:"VirtualMFADevice"`
	}
	seed := base64.StdEncoding.EncodeToString([]byte(front.Letters(64)))
	answer.Device.SerialNumber, answer.Device.Base32StringSeed, answer.Device.QRCodePNG = serial, seed, seed
	return answer, nil
}

// enableMFADevice takes any two codes that differ. A device that nobody has made is one of hardware.
func enableMFADevice(r *request, of *root) (any, *front.Error) {
	serial := r.form.Get("SerialNumber")
	first, second := r.form.Get("AuthenticationCode1"), r.form.Get("AuthenticationCode2")
	at := slices.Index(of.loose, serial)
	switch {
	case !sixDigits.MatchString(first) || !sixDigits.MatchString(second) || first == second:
		return nil, front.Refuse("InvalidAuthenticationCode", "Authentication code for device is not valid.",
			http.StatusForbidden)
	case slices.Contains(of.MFA, serial):
		return nil, front.Refuse("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.",
			http.StatusConflict)
	case at < 0 && strings.HasPrefix(serial, "arn:"):
		return nil, noDevice(serial)
	case at >= 0:
		of.loose = slices.Delete(of.loose, at, at+1)
	}
	of.MFA = append(of.MFA, serial)
	of.make(serial, r.Now())
	return nil, nil
}

// uploadCertificate does not look at what it is given.
func uploadCertificate(r *request, of *root) (any, *front.Error) {
	if len(of.Certificates) >= 2 {
		return nil, front.Refuse("LimitExceeded", "Cannot exceed quota for SigningCertificatesPerUser: 2",
			http.StatusConflict)
	}
	id := front.Letters(32)
	of.Certificates = append(of.Certificates, id)
	of.make(id, r.Now())
	var answer struct {
		XMLName     xml.Name `xml:"UploadSigningCertificateResult"`
		Certificate struct{ CertificateId, Status, UploadDate, CertificateBody string }
	}
	answer.Certificate.CertificateId, answer.Certificate.Status = id, "Active"
	answer.Certificate.UploadDate, answer.Certificate.CertificateBody = of.since(id), r.form.Get("CertificateBody")
	return answer, nil
}

// deactivateMFADevice takes a device off root. A virtual one is nobody's from then on.
func deactivateMFADevice(r *request, of *root) (any, *front.Error) {
	serial := r.form.Get("SerialNumber")
	at := slices.Index(of.MFA, serial)
	if at < 0 {
		return nil, noDevice(serial)
	}
	of.MFA = slices.Delete(of.MFA, at, at+1)
	if strings.Contains(serial, ":mfa/") {
		of.loose = append(of.loose, serial)
	}
	return nil, nil
}

func deleteVirtualMFADevice(r *request, of *root) (any, *front.Error) {
	serial := r.form.Get("SerialNumber")
	at := slices.Index(of.loose, serial)
	switch {
	case slices.Contains(of.MFA, serial):
		return nil, front.Refuse("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", http.StatusConflict)
	case at < 0:
		return nil, noDevice(serial)
	}
	of.loose = slices.Delete(of.loose, at, at+1)
	return nil, nil
}

func noDevice(serial string) *front.Error {
	return front.Refuse("NoSuchEntity", "VirtualMFADevice with serial number "+serial+" doesn't exist.",
		http.StatusNotFound)
}

func listMFADevices(_ *request, of *root) (any, *front.Error) {
	type device struct{ SerialNumber, EnableDate string }
	var answer struct {
		XMLName     xml.Name `xml:"ListMFADevicesResult"`
		Devices     []device `xml:"MFADevices>member"`
		IsTruncated bool
	}
	for _, serial := range of.MFA {
		answer.Devices = append(answer.Devices, device{serial, of.since(serial)})
	}
	return answer, nil
}
