"""The course as a site: `make site` builds it from the stored lessons, without running them."""
