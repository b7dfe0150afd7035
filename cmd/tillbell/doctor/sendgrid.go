package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"handler/function/cmd/tillbell/target"
	"handler/function/internal/catalogue"
	"handler/function/internal/plural"
	"handler/function/shared/gateway"
)

const theSendGridKey = "SendGrid's key"

func (d *doctor) sendgridChecks() []Check {
	needs := []string{theSendGridKey, "the catalogue"}
	return []Check{
		{Name: theSendGridKey, Look: d.lookAtScopes},
		{Name: "the sender", Needs: needs, Look: d.lookAtSender},
		{Name: "the templates", Needs: needs, Look: d.lookAtTemplates},
		{Name: theEvents, Needs: []string{theSendGridKey}, Look: d.lookAtEvents},
	}
}

var (
	errSendGridKey        = errors.New("the key is refused by SendGrid")
	errSendGridPermission = errors.New("the key may not do that")
	errSendGridNotFound   = errors.New("it is not there")
)

// askSendGrid reads one thing of SendGrid's API.
func (d *doctor) askSendGrid(ctx context.Context, key, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.SendGridAPI+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := d.http.Do(req)
	if err != nil {
		return gateway.Unreachable(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return errSendGridKey
	case res.StatusCode == http.StatusForbidden:
		return errSendGridPermission
	case res.StatusCode == http.StatusNotFound:
		return errSendGridNotFound
	case res.StatusCode/100 != 2:
		return fmt.Errorf("it answers %d", res.StatusCode)
	}
	const most = 16 << 20
	return json.NewDecoder(io.LimitReader(res.Body, most)).Decode(into)
}

func (d *doctor) lookAtScopes(ctx context.Context) Finding {
	if f, bad := d.unusable(target.SendGridKey, theSendGridKey, theSendGridKey); bad {
		return f
	}
	var answer struct{ Scopes []string }
	err := d.askSendGrid(ctx, d.Given(target.SendGridKey), "/v3/scopes", &answer)
	switch {
	case errors.Is(err, errSendGridKey), errors.Is(err, errSendGridPermission):
		return wrong("make secrets, with a key from https://app.sendgrid.com/settings/api_keys; for an EU account set sendgrid_host in settings.yml", "SendGrid does not know the key")
	case err != nil:
		return wrong("try again", "SendGrid cannot be asked: %v", err)
	case !slices.Contains(answer.Scopes, "mail.send"):
		return wrong("give it Mail Send: https://app.sendgrid.com/settings/api_keys", "SendGrid's key may not send")
	}
	if n := len(answer.Scopes); n > sendOnly {
		return ok("SendGrid's key may send (and has %d other scopes: Mail Send alone would be enough)", n-1)
	}
	return ok("SendGrid's key may send")
}

// sendOnly is about how many scopes a key has that may do no more than send: SendGrid adds some of
// its own.
const sendOnly = 10

func (d *doctor) lookAtSender(ctx context.Context) Finding {
	if d.SendGridStandIn {
		return unknown("the laptop's SendGrid takes any", "the sender")
	}
	catalogue, err := d.catalogue()
	if err != nil {
		return unknown("first, the catalogue", "the sender")
	}
	from := strings.ToLower(catalogue.Shop().Email)
	_, domain, _ := strings.Cut(from, "@")
	authenticated, pending, err := d.domain(ctx, domain)
	if err == nil && authenticated {
		return ok("the sender's domain %s is authenticated", domain)
	}
	verified, senderErr := d.verifiedSender(ctx, from)
	switch {
	case senderErr == nil && verified:
		return ok("the sender %s is verified (to authenticate its domain gets more e-mails through)", from)
	case err != nil || senderErr != nil:
		if err := errors.Join(err, senderErr); !errors.Is(err, errSendGridPermission) {
			return wrong("try again", "the sender: SendGrid cannot be asked: %v", err)
		}
		return unknown("the key may not read it; SENDGRID_SETUP_KEY may be one that may, and goes to no function", "the sender")
	case pending:
		return wrong("add the DNS records that SendGrid shows, and have it verify them: https://app.sendgrid.com/settings/sender_auth", "the sender's domain %s is not authenticated yet", domain)
	}
	return wrong("authenticate its domain: https://app.sendgrid.com/settings/sender_auth", "the sender %s is not verified, and SendGrid sends nothing from it", from)
}

// domain reports whether a domain is authenticated, or about to be.
func (d *doctor) domain(ctx context.Context, name string) (authenticated, pending bool, err error) {
	var domains []struct {
		Domain string
		Valid  bool
	}
	err = d.askSendGrid(ctx, d.SendGridSetupKey(), "/v3/whitelabel/domains?limit=50&domain="+name, &domains)
	for _, one := range domains {
		if strings.EqualFold(one.Domain, name) {
			authenticated, pending = authenticated || one.Valid, true
		}
	}
	return authenticated, pending, err
}

func (d *doctor) verifiedSender(ctx context.Context, address string) (bool, error) {
	var answer struct {
		Results []struct {
			From     string `json:"from_email"`
			Verified bool
		}
	}
	err := d.askSendGrid(ctx, d.SendGridSetupKey(), "/v3/verified_senders?limit=200", &answer)
	for _, s := range answer.Results {
		if strings.EqualFold(s.From, address) && s.Verified {
			return true, nil
		}
	}
	return false, err
}

// lookAtTemplates finds each template by the ID that send-email will send by.
func (d *doctor) lookAtTemplates(ctx context.Context) Finding {
	if d.SendGridStandIn {
		return unknown("the laptop's SendGrid takes any", "the templates")
	}
	ids, missing, err := d.templateIDs()
	if err != nil {
		return wrong("correct send-email/templates.lock.yml or sendgrid_account in settings.yml", "the templates: %v", err)
	}
	if missing != nil {
		return wrong("make templates publishes them", "not published are the templates %s", list(missing))
	}
	var faults []string
	for _, t := range ids {
		fault, err := d.templateFault(ctx, t.id)
		switch {
		case errors.Is(err, errSendGridPermission):
			return unknown("the key may not read them; SENDGRID_SETUP_KEY may be one that may, and goes to no function", "the templates")
		case err != nil:
			return wrong("try again", "the templates: SendGrid cannot be asked: %v", err)
		case fault != "":
			faults = append(faults, t.name+" "+fault)
		}
	}
	if faults != nil {
		return wrong("make templates publishes them again", "SendGrid's templates: %s", list(faults))
	}
	return ok("each of %s has an active version at SendGrid", plural.Of(len(ids), "template"))
}

// templateFault is what is wrong with a template, in words that follow its name.
func (d *doctor) templateFault(ctx context.Context, id string) (string, error) {
	var template struct {
		Versions []struct{ Active int }
	}
	err := d.askSendGrid(ctx, d.SendGridSetupKey(), "/v3/templates/"+id, &template)
	if errors.Is(err, errSendGridNotFound) {
		return "is not there", nil
	}
	for _, v := range template.Versions {
		if v.Active == 1 {
			return "", err
		}
	}
	return "has no active version", err
}

// sent is a template that send-email may send by.
type sent struct{ name, id string }

// templateIDs are those that the catalogue names, in all their languages, and the names without
// one.
func (d *doctor) templateIDs() (all []sent, missing []string, err error) {
	checked, err := d.catalogue()
	if err != nil {
		return nil, nil, err
	}
	lock, err := catalogue.ReadLock(filepath.Join(d.Folder(), "send-email", "templates.lock.yml"))
	if err != nil {
		return nil, nil, err
	}
	account, err := lock.Account(d.Setting("sendgrid_account"))
	if err != nil {
		return nil, nil, err
	}
	for _, id := range checked.TemplateIDs() {
		all = append(all, sent{id, id})
	}
	ids := lock.IDs(account)
	for _, name := range checked.TemplateNames() {
		if _, _, found := ids.Find(name, ""); !found {
			missing = append(missing, name)
		}
		for full, id := range ids {
			if base, _, _ := strings.Cut(full, "."); strings.EqualFold(base, name) {
				all = append(all, sent{full, id})
			}
		}
	}
	slices.SortFunc(all, func(a, b sent) int { return strings.Compare(a.name, b.name) })
	return all, missing, nil
}
