"""What a machine needs, looked at: versions, Java, jars, fonts, engine, lake, places to write."""
