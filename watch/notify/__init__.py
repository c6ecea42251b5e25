"""Alert to mail to wire: rendering, SMTP, Maildir."""
