//go:build !laptop

package main

const moreUsage = `
  local images     build the functions' images without Docker, and push them
  local binaries   build the functions' programs alone, as the images have them
  local size       say how large the functions are, and what they are made of
  local templates  publish the e-mails' templates to SendGrid
`

// moreCommands are those that the laptop does not need. make run builds this program without them.
var moreCommands = map[string]command{
	"images": imagesCommand, "binaries": binariesCommand, "size": sizeCommand, "templates": templatesCommand,
}
