"""Objects of the world as Bitbucket's JSON, one file per family, in the shape of the recordings."""
