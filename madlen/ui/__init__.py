"""What pages share. The only package of Madlen that imports Streamlit."""
