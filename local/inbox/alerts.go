package inbox

import (
	"net/http"
	"slices"

	"handler/function/local/alerts"
	"handler/function/local/reply"
)

// maxShown is how many alerts the page has; the API has all that are kept.
const maxShown = 100

func (i *Inbox) alertsPage(w http.ResponseWriter, r *http.Request) {
	all := i.alerts()
	slices.Reverse(all)
	i.pages.show(w, r, http.StatusOK, "alerts.html", "Alerts", all[:min(len(all), maxShown)])
}

func (i *Inbox) answerAlerts(w http.ResponseWriter, _ *http.Request) {
	reply.JSON(w, http.StatusOK, i.alerts())
}

func noAlerts() []alerts.Alert { return []alerts.Alert{} }
