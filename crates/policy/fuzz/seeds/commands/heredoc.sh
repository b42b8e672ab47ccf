cat <<'EOF' | psql -h db
DROP TABLE users;
EOF
