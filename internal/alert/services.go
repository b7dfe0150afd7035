package alert

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// ntfy publishes as JSON, whose title and message may have any characters; an answer 200 accepts it.
// A message above 4,096 bytes would become an attachment:
// https://docs.ntfy.sh/publish/#publish-as-json and https://docs.ntfy.sh/publish/#limitations
func ntfy() format {
	topic := regexp.MustCompile(`^/[-_A-Za-z0-9]{1,64}$`)
	return format{
		name: "ntfy", at: host("ntfy.sh"),
		complete: func(u *url.URL) bool { return topic.MatchString(u.Path) },
		want:     "an address of ntfy with a topic, such as https://ntfy.sh/topic",
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) {
			root := *u // keeps a user or ?auth=
			root.Path = "/"
			priority, tag := 4, "warning"
			if m.State == Over {
				priority, tag = 3, "white_check_mark"
			}
			return encodeJSON(&root, map[string]any{
				"topic": strings.TrimPrefix(u.Path, "/"), "title": m.Title, "message": m.Text, "priority": priority, "tags": []string{tag},
			})
		},
	}
}

// slack posts to an incoming webhook. &, < and > are escaped, and the rest is not read as markup;
// text above 40,000 characters is cut off. A refusal is a status and a word, such as
// channel_is_archived:
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
// https://docs.slack.dev/messaging/formatting-message-text and
// https://api.slack.com/changelog/2018-04-truncating-really-long-messages
func slack() format {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	return format{
		name: "slack", at: host("hooks.slack.com", "hooks.slack-gov.com"),
		complete: hasPath,
		want:     "the address of a webhook of Slack, https://hooks.slack.com/services/…",
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) {
			return encodeJSON(u, map[string]any{"text": escape.Replace(both(m)), "mrkdwn": false})
		},
		read: func(body []byte) answer { return answer{reason: words(string(body))} },
	}
}

// discord executes a webhook, which takes up to 2,000 characters of Markdown and answers 204. Nothing
// in it mentions a person, and links have no preview:
// https://docs.discord.com/developers/resources/webhook#execute-webhook
func discord() format {
	const suppressEmbeds = 1 << 2
	isDiscord := host("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
	return format{
		name: "discord", at: isDiscord,
		complete: func(u *url.URL) bool { return strings.Contains(u.Path, "/webhooks/") },
		want:     "the address of a webhook of Discord, https://discord.com/api/webhooks/…",
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) {
			return encodeJSON(u, map[string]any{
				"content": escaped(both(m), `\`, "\\*_~`|>#[]"), "allowed_mentions": map[string]any{"parse": []string{}}, "flags": suppressEmbeds,
			})
		},
	}
}

// mattermost posts to an incoming webhook, which takes 16,383 characters of Markdown and answers 200:
// https://developers.mattermost.com/integrate/webhooks/incoming/
func mattermost() format {
	return format{
		name: "mattermost", at: func(*url.URL) bool { return false },
		complete: func(u *url.URL) bool { return strings.Contains(u.Path, "/hooks/") },
		want:     "the address of a webhook of Mattermost, mattermost+https://…/hooks/…",
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) {
			text := strings.ReplaceAll(both(m), "@", "@\u200b") // no mention, such as of a whole channel
			return encodeJSON(u, map[string]any{"text": escaped(text, `\`, "\\*_~`|>#[]")})
		},
	}
}

// telegram calls sendMessage of the Bot API, which takes up to 4,096 characters as they are. Its
// answer says ok, whatever the status, or why not: https://core.telegram.org/bots/api#making-requests
// and https://core.telegram.org/bots/api#sendmessage
func telegram() format {
	return format{
		name: "telegram", at: host("api.telegram.org"),
		complete: func(u *url.URL) bool {
			return strings.HasPrefix(u.Path, "/bot") && strings.HasSuffix(u.Path, "/sendMessage") && u.Query().Get("chat_id") != ""
		},
		want: "Telegram's https://api.telegram.org/bot…/sendMessage?chat_id=…",
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) {
			to, form := *u, u.Query()
			to.RawQuery = ""
			form.Set("text", both(m))
			form.Set("link_preview_options", `{"is_disabled":true}`)
			return &to, "application/x-www-form-urlencoded", []byte(form.Encode()), nil
		},
		read: readTelegram,
	}
}

func readTelegram(body []byte) answer {
	var a struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int64 `json:"retry_after"`
		} `json:"parameters"`
	}
	readable := json.Unmarshal(body, &a) == nil
	return answer{
		refused: !readable || !a.OK,
		reason:  words(a.Description),
		wait:    time.Duration(min(max(a.Parameters.RetryAfter, 0), 1<<31)) * time.Second,
	}
}

func hasPath(u *url.URL) bool { return strings.Trim(u.Path, "/") != "" }
