"""A restore as a drill: the newest backup set into a scratch instance, by the clock."""
