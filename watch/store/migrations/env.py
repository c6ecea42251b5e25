"""Run by alembic: the migrations work on the connection they are handed."""

from alembic import context

from watch.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
    # Alembic takes SQLite for one that cannot, and commits after each migration.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
